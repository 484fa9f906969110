"""Many squares drawn by one call, and the programs that draw them.  Needs a current context.

Qt's own wrappers are used and not PyOpenGL, which guesses the platform's way to OpenGL (GLX, EGL, WGL)
by itself and may guess another one than Qt has taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QOpenGLContext, QOpenGLExtraFunctions
from PySide6.QtOpenGL import QOpenGLBuffer, QOpenGLShader, QOpenGLShaderProgram, QOpenGLVertexArrayObject

from app.gui.structure.gl_context import GL_NO_ERROR, OpenGLError

# Of the OpenGL headers.
GL_TRIANGLE_STRIP = 0x0005
GL_UNSIGNED_BYTE, GL_FLOAT = 0x1401, 0x1406

#: Words that are defined in a program.
Variant = frozenset[str]


def current_functions() -> QOpenGLExtraFunctions:
    """The functions of the current context."""
    context = QOpenGLContext.currentContext()
    if context is None:
        raise OpenGLError("the OpenGL context is lost")
    return context.extraFunctions()


class Program:
    """A vertex and a fragment shader, compiled.

    Raises
    ------
    OpenGLError
        If the driver refuses them.
    """

    def __init__(self, vertex: str, fragment: str) -> None:
        self._program = QOpenGLShaderProgram()
        kinds = QOpenGLShader.ShaderTypeBit
        compiled = self._program.addShaderFromSourceCode(kinds.Vertex, vertex)
        compiled = compiled and self._program.addShaderFromSourceCode(kinds.Fragment, fragment)
        if not compiled or not self._program.link():
            lines = [line.strip() for line in self._program.log().splitlines() if line.strip()]
            raise OpenGLError(f"the graphics driver refuses a shader ({lines[0] if lines else 'no reason'})")
        self._locations: dict[str, int] = {}

    def use(self, values: Mapping[str, Any]) -> None:
        """Draw with it from now on, with these values of its uniforms; it ignores those that it has not."""
        self._program.bind()
        for name, value in values.items():
            location = self._locations.get(name)
            if location is None:
                location = self._locations[name] = self._program.uniformLocation(name)
            if location < 0:
                continue
            if isinstance(value, int):
                self._program.setUniformValue1i(location, value)
            elif isinstance(value, float):
                self._program.setUniformValue1f(location, value)
            elif isinstance(value, tuple):
                self._program.setUniformValue(location, *value)
            else:
                self._program.setUniformValue(location, value)

    def point(self, location: int, kind: int, offset: int, width: int, stride: int) -> None:
        """An input of the program: where its numbers lie in the bound buffer."""
        self._program.enableAttributeArray(location)
        self._program.setAttributeBuffer(location, kind, offset, width, stride)

    def release(self) -> None:
        """Draw with nothing."""
        self._program.release()

    def remove(self) -> None:
        """Give it back."""
        self._program.removeAllShaders()


class Batch:
    """Squares, one for each row of some arrays, and the program that draws them in its variants.

    Parameters
    ----------
    header
        First lines of both shaders; the words of the variant come next.
    vertex, fragment
        Shaders.  Input 0 is the corner of the square, the next ones are the columns of :meth:`fill`.

    Raises
    ------
    OpenGLError
        Here and in every method, if the driver refuses.
    """

    def __init__(self, header: str, vertex: str, fragment: str) -> None:
        self.count = 0
        self._texts = header, vertex, fragment
        self._programs: dict[Variant, Program] = {}
        self._buffers: list[QOpenGLBuffer] = []
        self._vertices = QOpenGLVertexArrayObject()
        if not self._vertices.create():
            raise OpenGLError("the graphics driver has no vertex arrays")

    def program(self, variant: Variant) -> Program:
        """The program with these words defined; it is compiled when it is first needed."""
        if variant not in self._programs:
            header, vertex, fragment = self._texts
            header += "".join(f"#define {word}\n" for word in sorted(variant))
            self._programs[variant] = Program(header + vertex, header + fragment)
        return self._programs[variant]

    def fill(self, count: int, columns: list[tuple[NDArray[Any], int, int, int]]) -> None:
        """Take new rows.

        Parameters
        ----------
        count
            How many.
        columns
            For each input an array, the type of its numbers, their offset in a row in bytes, and how many
            of them the input has.
        """
        self._drop_buffers()
        self.count = count
        functions = current_functions()
        corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], dtype=np.float32)
        program = self.program(frozenset())
        copies: dict[int, QOpenGLBuffer] = {}
        self._vertices.bind()
        for location, (data, kind, offset, width) in enumerate([(corners, GL_FLOAT, 0, 2), *columns]):
            buffer = copies.get(id(data)) or self._copy(data)
            copies[id(data)] = buffer
            buffer.bind()
            program.point(location, kind, offset, width, data.strides[0])
            functions.glVertexAttribDivisor(location, 1 if location else 0)
            buffer.release()
        self._vertices.release()
        if functions.glGetError() != GL_NO_ERROR:
            raise OpenGLError(f"the graphics processor has no room for {count} atoms")

    def draw(self, count: int, variant: Variant, values: Mapping[str, Any]) -> None:
        """Draw the first ``count`` rows."""
        if not count:
            return
        program = self.program(variant)
        program.use(values)
        self._vertices.bind()
        current_functions().glDrawArraysInstanced(GL_TRIANGLE_STRIP, 0, 4, count)
        self._vertices.release()
        program.release()

    def release(self) -> None:
        """Give the memory back."""
        self._drop_buffers()
        self._vertices.destroy()
        for program in self._programs.values():
            program.remove()
        self._programs = {}

    def _copy(self, data: NDArray[Any]) -> QOpenGLBuffer:
        buffer = QOpenGLBuffer(QOpenGLBuffer.Type.VertexBuffer)
        if not buffer.create():
            raise OpenGLError("the graphics driver has no buffers")
        buffer.setUsagePattern(QOpenGLBuffer.UsagePattern.StaticDraw)
        buffer.bind()
        content = data.tobytes()
        buffer.allocate(content, len(content))
        self._buffers.append(buffer)
        return buffer

    def _drop_buffers(self) -> None:
        for buffer in self._buffers:
            buffer.destroy()
        self._buffers = []
