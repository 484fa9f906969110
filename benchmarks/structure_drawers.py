"""The structure view's ways of drawing, in a process of their own, frame after frame on request.

Each platform of Qt needs its process: ``python -m benchmarks.structure_drawers painter`` draws offscreen,
``… opengl`` on a display.  A request is a line on standard input: ``scene ATOMS`` or ``FRAMES WAY``; the
answer is a line that comes when it is done.

The ways named "prototype" are the measured algorithms that the program began with, as peers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QMatrix4x4, QPainter, QPixmap, QSurfaceFormat
from PySide6.QtWidgets import QApplication

from app.gui.structure import shading
from app.gui.structure.camera import Camera
from app.gui.structure.scene import Scene
from benchmarks.gaussian import gold_sphere
from sim.core.types import Structure

WIDTH, HEIGHT = 900, 700
BACKGROUND = QColor(30, 31, 34)
LINES = QColor(200, 200, 200)


def specimen(atoms: int) -> Scene:
    """Half the atoms as a gold sphere, half as amorphous carbon below; few atoms are all of gold."""
    gold = gold_sphere(atoms if atoms < 1000 else atoms // 2)
    random = np.random.default_rng(0)
    thick = max(10.0, 0.5 * float(np.abs(gold).max()))
    carbon = random.random((atoms - len(gold), 3))
    edge = np.sqrt(len(carbon) / 0.09 / thick)
    carbon = carbon * [edge, edge, thick] - [0.5 * edge, 0.5 * edge, thick + float(np.abs(gold).max())]
    numbers = np.concatenate([np.full(len(gold), 79), np.full(len(carbon), 6)])
    return Scene.of(Structure(numbers, np.concatenate([gold, carbon])))


def turning(scene: Scene) -> Iterator[Camera]:
    """A camera that turns a little for every frame."""
    camera = Camera.along("+x").orbit(0.5, 0.3).fit(scene, WIDTH / HEIGHT)
    while True:
        camera = camera.orbit(0.01, 0.004)
        yield camera


class Drawers:
    """Ways of drawing by name, for one scene at a time."""

    def __init__(self, kind: str) -> None:
        self.ways: dict[str, Callable[[Camera], None]] = {}
        self._takers: list[Callable[[Scene], None]] = []
        self._cameras = turning(specimen(1))
        if kind == "painter":
            self._add_painter()
        else:
            self._add_opengl()

    def set_scene(self, scene: Scene) -> None:
        """Draw this scene from now on."""
        self._cameras = turning(scene)
        for take in self._takers:
            take(scene)

    def draw(self, way: str) -> None:
        """Draw a frame, and let Qt do what it has put off."""
        self.ways[way](next(self._cameras))
        QApplication.processEvents()

    def _add_canvas(self, canvas: Any, way: str, moving: str) -> None:
        canvas.resize(WIDTH, HEIGHT)
        canvas.set_colours(BACKGROUND, LINES)
        canvas.show()
        QApplication.processEvents()
        self._takers.append(canvas.set_scene)

        def frame(camera: Camera, interacting: bool) -> None:
            canvas.set_interacting(interacting)
            canvas.set_camera(camera)
            canvas.repaint()

        self.ways[way] = lambda camera: frame(camera, False)
        self.ways[moving] = lambda camera: frame(camera, True)

    def _add_painter(self) -> None:
        from app.gui.structure.painter_view import PainterCanvas

        self._add_canvas(PainterCanvas(), "painter", "painter, moving")
        peer = PrototypePainter()
        self._takers.append(peer.set_scene)
        self.ways["prototype painter"] = peer.draw

    def _add_opengl(self) -> None:
        from app.gui.structure.gl_atoms import Look
        from app.gui.structure.gl_renderer import OpenGLRenderer
        from app.gui.structure.gl_view import GLCanvas

        self._add_canvas(GLCanvas(), "OpenGL, smooth edges", "OpenGL, moving")
        renderer = OpenGLRenderer()
        self._takers.append(renderer.set_scene)
        target = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
        look = Look(BACKGROUND, LINES)

        def hard(camera: Camera) -> None:
            image, _ = renderer.picture(camera, QSize(WIDTH, HEIGHT), look, smooth=False)
            painter = QPainter(target)
            painter.drawImage(0, 0, image)
            painter.end()

        self.ways["OpenGL"] = hard
        peer = prototype_opengl()
        self._takers.append(peer.set_scene)
        self.ways["prototype OpenGL"] = peer.draw


class PrototypePainter:
    """Sphere sprites made anew for every frame, one call of drawPixmap for each atom, far to near."""

    def __init__(self) -> None:
        self._scene = Scene.empty()

    def set_scene(self, scene: Scene) -> None:
        """Draw this scene from now on."""
        self._scene = scene

    def draw(self, camera: Camera) -> None:
        """Draw one frame."""
        scene, scale = self._scene, camera.pixels_per_angstrom(HEIGHT)
        target = QPixmap(WIDTH, HEIGHT)
        target.fill(BACKGROUND)
        view = camera.to_view(scene.positions)
        order = np.argsort(view[:, 2])
        x, y = view[order, 0] * scale + WIDTH / 2, HEIGHT / 2 - view[order, 1] * scale
        numbers = scene.numbers[order]
        _, first = np.unique(scene.numbers, return_index=True)
        sprites = {
            int(scene.numbers[atom]): self._sprite(
                scene.colours[atom] / 255.0, max(1.0, scene.radii[atom] * scale)
            )
            for atom in first
        }
        halves = {number: sprite.width() / 2 for number, sprite in sprites.items()}
        painter = QPainter(target)
        draw = painter.drawPixmap
        for column, row, number in zip(x.tolist(), y.tolist(), numbers.tolist(), strict=True):
            half = halves[number]
            draw(int(column - half), int(row - half), sprites[number])
        painter.end()

    def _sprite(self, colour: Any, radius: float) -> QPixmap:
        size = 2 * int(np.ceil(radius)) + 3
        row, column = np.mgrid[:size, :size]
        x, y = (column + 0.5 - size / 2) / radius, -(row + 0.5 - size / 2) / radius
        square = x * x + y * y
        z = np.sqrt(np.clip(1.0 - square, 0.0, 1.0))
        lamp = shading.LIGHT
        half = np.add(lamp, (0.0, 0.0, 1.0))
        half /= np.linalg.norm(half)
        facing = np.clip(z / 0.35, 0.0, 1.0)
        rim = 0.55 + 0.45 * facing * facing * (3.0 - 2.0 * facing)
        matt = (0.28 + 0.72 * np.maximum(x * lamp[0] + y * lamp[1] + z * lamp[2], 0.0)) * rim
        shine = 0.25 * np.maximum(x * half[0] + y * half[1] + z * half[2], 0.0) ** 40
        rgb = np.clip(colour * matt[..., None] + shine[..., None], 0.0, 1.0)
        alpha = np.clip((1.0 - np.sqrt(square)) * radius + 0.5, 0.0, 1.0)
        values = np.empty((size, size, 4), dtype=np.uint8)
        values[..., :3], values[..., 3] = rgb * alpha[..., None] * 255, alpha * 255
        kind = QImage.Format.Format_RGBA8888_Premultiplied
        return QPixmap.fromImage(QImage(values.tobytes(), size, size, 4 * size, kind))


def prototype_opengl() -> Any:
    """Sphere impostors as an item of pyqtgraph's GLViewWidget, drawn with PyOpenGL."""
    import pyqtgraph.opengl as graphs
    from OpenGL import GL
    from OpenGL.GL import shaders
    from pyqtgraph.opengl.GLGraphicsItem import GLGraphicsItem
    from PySide6.QtOpenGL import QOpenGLVertexArrayObject

    from app.gui.structure import gl_atoms

    class Atoms(GLGraphicsItem):  # type: ignore[misc]
        """All spheres in one instanced call."""

        def __init__(self) -> None:
            super().__init__()
            self.setGLOptions("opaque")
            self.scene, self.camera, self.fresh = Scene.empty(), Camera.along("+z"), True

        def initializeGL(self) -> None:
            self.vertices = QOpenGLVertexArrayObject()
            self.vertices.create()
            head = "#version 330 core\n"
            self.program = shaders.compileProgram(
                shaders.compileShader(head + PROTOTYPE_VERTEX, GL.GL_VERTEX_SHADER),
                shaders.compileShader(
                    head + gl_atoms.shader_constants() + PROTOTYPE_FRAGMENT, GL.GL_FRAGMENT_SHADER
                ),
                validate=False,
            )
            self.buffers = GL.glGenBuffers(3)

        def fill(self) -> None:
            corners = np.array([-1, -1, 1, -1, -1, 1, 1, 1], dtype=np.float32)
            spheres = np.column_stack([self.scene.positions, self.scene.radii]).astype(np.float32)
            colours = np.column_stack([self.scene.colours, np.full(len(self.scene), 255, np.uint8)])
            for place, (buffer, data) in enumerate(
                zip(self.buffers, (corners, spheres, colours), strict=True)
            ):
                GL.glBindBuffer(GL.GL_ARRAY_BUFFER, int(buffer))
                GL.glBufferData(
                    GL.GL_ARRAY_BUFFER, data.nbytes, np.ascontiguousarray(data), GL.GL_DYNAMIC_DRAW
                )
                GL.glEnableVertexAttribArray(place)
                kind = GL.GL_UNSIGNED_BYTE if place == 2 else GL.GL_FLOAT
                GL.glVertexAttribPointer(place, 4 if place else 2, kind, place == 2, 0, None)
                GL.glVertexAttribDivisor(place, 1 if place else 0)
            self.fresh = False

        def paint(self) -> None:
            if not len(self.scene):
                return
            self.setupGLState()
            self.vertices.bind()
            if self.fresh:
                self.fill()
            GL.glUseProgram(self.program)
            for name, matrix in (
                ("view", self.camera.view_matrix()),
                ("projection", self.camera.projection_matrix(WIDTH, HEIGHT, self.scene)),
            ):
                values = np.array(QMatrix4x4(matrix.ravel().tolist()).data(), np.float32)
                GL.glUniformMatrix4fv(GL.glGetUniformLocation(self.program, name), 1, False, values)
            GL.glUniform3f(GL.glGetUniformLocation(self.program, "light"), *shading.LIGHT)
            GL.glDrawArraysInstanced(GL.GL_TRIANGLE_STRIP, 0, 4, len(self.scene))
            GL.glUseProgram(0)
            self.vertices.release()

    class View(graphs.GLViewWidget):  # type: ignore[misc]
        """The widget, and a frame that is waited for."""

        def __init__(self) -> None:
            super().__init__()
            self.setBackgroundColor(BACKGROUND)
            self.atoms = Atoms()
            self.addItem(self.atoms)
            self.resize(WIDTH, HEIGHT)
            self.show()
            QApplication.processEvents()

        def set_scene(self, scene: Scene) -> None:
            self.atoms.scene, self.atoms.fresh = scene, True

        def draw(self, camera: Camera) -> None:
            self.atoms.camera = camera
            self.repaint()
            self.makeCurrent()
            GL.glFinish()
            self.doneCurrent()

    return View()


PROTOTYPE_VERTEX = """
layout(location = 0) in vec2 corner;
layout(location = 1) in vec4 sphere;
layout(location = 2) in vec4 paint;
uniform mat4 view;
uniform mat4 projection;
flat out vec3 centre;
flat out float radius;
flat out vec4 colour;
out vec3 seen;
void main() {
    centre = (view * vec4(sphere.xyz, 1.0)).xyz;
    radius = sphere.w;
    colour = paint;
    seen = centre + vec3(corner * radius, radius);
    gl_Position = projection * vec4(seen, 1.0);
}
"""
PROTOTYPE_FRAGMENT = """
flat in vec3 centre;
flat in float radius;
flat in vec4 colour;
in vec3 seen;
uniform mat4 projection;
uniform vec3 light;
out vec4 result;
void main() {
    vec3 direction = vec3(0.0, 0.0, -1.0);
    vec3 from = seen - centre;
    float along = dot(from, direction);
    float square = along * along - (dot(from, from) - radius * radius);
    if (square < 0.0) discard;
    vec3 point = seen + (-along - sqrt(square)) * direction;
    vec3 normal = (point - centre) / radius;
    vec4 clip = projection * vec4(point, 1.0);
    gl_FragDepth = 0.5 * clip.z / clip.w + 0.5;
    float shine = pow(max(dot(normal, normalize(light - direction)), 0.0), 40.0);
    float rim = mix(RIM_BRIGHTNESS, 1.0, smoothstep(0.0, RIM_COSINE, -dot(normal, direction)));
    vec3 lit = colour.rgb * (AMBIENT + DIFFUSE * max(dot(normal, light), 0.0)) * rim + SPECULAR * shine;
    result = vec4(lit, colour.a);
}
"""


def main() -> None:
    """Answer requests until the input ends."""
    kind = sys.argv[1]
    if kind == "opengl":
        wanted = QSurfaceFormat()
        wanted.setDepthBufferSize(24)
        wanted.setVersion(3, 3)
        wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
        QSurfaceFormat.setDefaultFormat(wanted)
    application = QApplication(["benchmark"])
    drawers = Drawers(kind)
    print("ready", flush=True)
    for line in sys.stdin:
        command, _, value = line.strip().partition(" ")
        if command == "scene":
            drawers.set_scene(specimen(int(value)))
        else:
            for _ in range(int(command)):
                drawers.draw(value)
        print("done", flush=True)
    del application


if __name__ == "__main__":
    main()
