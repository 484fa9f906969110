"""An OpenGL context that belongs to no window, and the pictures drawn in it.

The canvas draws into memory of the graphics processor and fetches the picture.  A QOpenGLWidget would
save the fetching, but when one is put into a window that is already on the screen Qt makes the native
window anew: it flashes, and docks that are taken out of it have crashed.  Nothing here depends on a window:
taking out, putting back and grabbing need no care.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from PySide6.QtCore import QSize
from PySide6.QtGui import QImage, QOffscreenSurface, QOpenGLContext, QOpenGLFunctions, QSurfaceFormat
from PySide6.QtOpenGL import QOpenGLFramebufferObject, QOpenGLFramebufferObjectFormat

# Of the OpenGL headers.
GL_RENDERER, GL_VERSION = 0x1F01, 0x1F02
GL_NO_ERROR = 0
GL_RGBA8 = 0x8058
GL_TEXTURE_2D = 0x0DE1

DESKTOP_VERSION, EMBEDDED_VERSION = (3, 3), (3, 0)


#: The formats in which Qt fetches, which depend on the driver, and the same without transparency.
_OPAQUE = {
    QImage.Format.Format_ARGB32_Premultiplied: QImage.Format.Format_RGB32,
    QImage.Format.Format_RGBA8888_Premultiplied: QImage.Format.Format_RGBX8888,
    QImage.Format.Format_RGB32: QImage.Format.Format_RGB32,
    QImage.Format.Format_RGBX8888: QImage.Format.Format_RGBX8888,
}


class OpenGLError(Exception):
    """OpenGL cannot draw here; the text is one sentence for the user."""


class OffscreenContext:
    """A context and an invisible surface.

    Parameters
    ----------
    embedded
        OpenGL ES 3.0 in place of desktop OpenGL 3.3; None takes desktop OpenGL, and where there is none
        OpenGL ES.

    Raises
    ------
    OpenGLError
        If there is no such context.
    """

    def __init__(self, embedded: bool | None = None) -> None:
        choices = (False, True) if embedded is None else (embedded,)
        for choice in choices:
            context = QOpenGLContext()
            context.setFormat(_wanted_format(choice))
            if context.create() and _recent_enough(context):
                break
        else:
            raise OpenGLError("there is no OpenGL 3.3 and no OpenGL ES 3.0 on this display")
        self._context = context
        self._surface = QOffscreenSurface()
        self._closed = False
        self._surface.setFormat(context.format())
        self._surface.create()
        self.embedded = context.isOpenGLES()
        with self.current() as functions:
            self.renderer = str(functions.glGetString(GL_RENDERER) or "")
            self.version = str(functions.glGetString(GL_VERSION) or "")

    @contextlib.contextmanager
    def current(self) -> Iterator[QOpenGLFunctions]:
        """Make the context current, and no context after.

        Raises
        ------
        OpenGLError
            If the context is lost: the driver was restarted, or the graphics processor is gone.
        """
        if self._closed or not self._surface.isValid() or not self._context.makeCurrent(self._surface):
            raise OpenGLError("the OpenGL context is lost")
        try:
            yield self._context.functions()
        finally:
            self._context.doneCurrent()

    def close(self) -> None:
        """Give the surface back; the context is lost from now on."""
        self._closed = True
        self._surface.destroy()


class Frame:
    """A picture being drawn: several samples a pixel, and a plain copy to fetch.  Needs a current context.

    Parameters
    ----------
    size
        Pixels.
    samples
        Per pixel; 0 for pictures whose pixels must not mix.

    Raises
    ------
    OpenGLError
        If there is no room for it.
    """

    def __init__(self, size: QSize, samples: int) -> None:
        self.size = size
        self._drawn = QOpenGLFramebufferObject(size, _frame_format(samples))
        self.samples = self._drawn.format().samples()
        self._plain = (
            QOpenGLFramebufferObject(
                size, QOpenGLFramebufferObject.Attachment.NoAttachment, GL_TEXTURE_2D, GL_RGBA8
            )
            if self.samples
            else self._drawn
        )
        if not self._drawn.isValid() or not self._plain.isValid():
            raise OpenGLError(f"OpenGL has no room for a picture of {size.width()} × {size.height()} pixels")

    @contextlib.contextmanager
    def bound(self) -> Iterator[None]:
        """Draw into it."""
        if not self._drawn.bind():
            raise OpenGLError("the OpenGL context is lost")
        try:
            yield
        finally:
            self._drawn.release()

    def image(self) -> QImage:
        """What was drawn, its first row as the first; the picture must have been drawn upside down.

        OpenGL keeps the lowest row first: drawing upside down saves turning every frame over.
        """
        if self._plain is not self._drawn:
            QOpenGLFramebufferObject.blitFramebuffer(self._plain, self._drawn)
        image = self._plain.toImage(False)
        # Every pixel is opaque: Qt need not mix it with what lies below.
        image.reinterpretAsFormat(_OPAQUE[image.format()])
        return image


def _wanted_format(embedded: bool) -> QSurfaceFormat:
    wanted = QSurfaceFormat()
    if embedded:
        wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGLES)
        wanted.setVersion(*EMBEDDED_VERSION)
    else:
        wanted.setRenderableType(QSurfaceFormat.RenderableType.OpenGL)
        wanted.setVersion(*DESKTOP_VERSION)
        wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    return wanted


def _recent_enough(context: QOpenGLContext) -> bool:
    version = context.format().majorVersion(), context.format().minorVersion()
    return version >= (EMBEDDED_VERSION if context.isOpenGLES() else DESKTOP_VERSION)


def _frame_format(samples: int) -> QOpenGLFramebufferObjectFormat:
    wanted = QOpenGLFramebufferObjectFormat()
    wanted.setAttachment(QOpenGLFramebufferObject.Attachment.CombinedDepthStencil)
    wanted.setSamples(samples)
    wanted.setInternalTextureFormat(GL_RGBA8)
    return wanted
