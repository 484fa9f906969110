"""Drawing a scene with OpenGL: a call for all atoms, three for lines.  Needs a current context."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QMatrix4x4, QVector4D

from app.gui.structure import gl_shaders, shading
from app.gui.structure.camera import Camera
from app.gui.structure.elements import SELECTED_COLOUR
from app.gui.structure.gl_batch import GL_FLOAT, GL_UNSIGNED_BYTE, Batch, current_functions
from app.gui.structure.scene import Scene
from sim.core.types import FloatArray

# Of the OpenGL headers.
GL_DEPTH_BUFFER_BIT, GL_COLOR_BUFFER_BIT = 0x0100, 0x4000
GL_DEPTH_TEST, GL_LEQUAL, GL_LESS = 0x0B71, 0x0203, 0x0201
GL_BLEND, GL_DITHER, GL_SAMPLE_ALPHA_TO_COVERAGE = 0x0BE2, 0x0BD0, 0x809E

#: Samples a pixel of a picture with smooth edges.
SAMPLES = 4
#: Where an identity stands for "no atom", and the most atoms that can be told apart.
NO_ATOM = 0xFFFFFF


@dataclass(frozen=True)
class Look:
    """How a scene is drawn.

    Attributes
    ----------
    background, lines
        Colours of the background and of the cell's edges.
    thickness
        Of the cell's edges, pixels of the picture.
    selected
        Index of the atom in the colour of the selection; −1 for none.
    identities
        Write which atom each pixel shows, in place of colours.
    """

    background: QColor
    lines: QColor
    thickness: float = 1.0
    selected: int = -1
    identities: bool = False


class ScenePainter:
    """A scene in the memory of the graphics processor.

    Parameters
    ----------
    embedded
        The context is one of OpenGL ES.

    Raises
    ------
    OpenGLError
        If the driver refuses the programs.
    """

    def __init__(self, embedded: bool) -> None:
        header = gl_shaders.EMBEDDED_HEADER if embedded else gl_shaders.DESKTOP_HEADER
        header += shader_constants()
        self._spheres = Batch(header, gl_shaders.SPHERE_VERTEX, gl_shaders.SPHERE_FRAGMENT)
        self._edges, *self._volumes = (
            Batch(header, gl_shaders.EDGE_VERTEX, gl_shaders.EDGE_FRAGMENT) for _ in range(3)
        )
        # The others are made when they are first needed.
        for batch in (self._spheres, self._edges):
            batch.program(frozenset())
        self._origin = np.zeros(3)
        self._order: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._place: NDArray[np.int64] | None = None

    @property
    def atoms(self) -> int:
        """How many atoms the scene has."""
        return self._spheres.count

    def set_scene(self, scene: Scene) -> None:
        """Put a scene into the graphics processor's memory.

        The atoms are put in an order without meaning, so that the first ones of them are a fair sample of
        the whole.  Positions are taken from the scene's centre, in double precision.
        """
        self._origin = scene.centre
        self._order = np.random.default_rng(len(scene)).permutation(len(scene))
        self._place = None
        spheres = np.empty((len(scene), 4), dtype=np.float32)
        spheres[:, :3] = scene.positions[self._order] - scene.centre
        spheres[:, 3] = scene.radii[self._order]
        colours = np.full((len(scene), 4), 255, dtype=np.uint8)
        colours[:, :3] = scene.colours[self._order]
        self._spheres.fill(len(scene), [(spheres, GL_FLOAT, 0, 4), (colours, GL_UNSIGNED_BYTE, 0, 4)])
        self._fill_lines(self._edges, scene.cell_edges() - scene.centre)
        for batch, chosen in zip(self._volumes, (~scene.strong, scene.strong), strict=True):
            if batch.count or chosen.any():
                self._fill_lines(batch, scene.lines[chosen] - scene.centre)

    @staticmethod
    def _fill_lines(batch: Batch, lines: FloatArray) -> None:
        ends = lines.astype(np.float32).reshape(-1, 6)
        batch.fill(len(ends), [(ends, GL_FLOAT, 0, 3), (ends, GL_FLOAT, 12, 3)])

    def draw(self, scene: Scene, camera: Camera, size: QSize, look: Look, *, samples: int, most: int) -> None:
        """Draw the scene upside down into the bound picture.

        Parameters
        ----------
        scene
            The one of :meth:`set_scene`.
        camera
            From where.
        size
            Of the picture, pixels.
        look
            How.
        samples
            Per pixel of the picture.
        most
            Draw no more atoms than this.
        """
        functions = current_functions()
        width, height = size.width(), size.height()
        functions.glViewport(0, 0, width, height)
        background = QColor(255, 255, 255) if look.identities else look.background
        functions.glClearColor(background.redF(), background.greenF(), background.blueF(), 1.0)
        functions.glDepthMask(True)
        functions.glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT)
        functions.glEnable(GL_DEPTH_TEST)
        functions.glDepthFunc(GL_LEQUAL)
        functions.glDisable(GL_BLEND)
        functions.glDisable(GL_DITHER)
        shared = self._shared_values(scene, camera, width, height)
        words = {
            "PERSPECTIVE": camera.perspective,
            "IDENTITIES": look.identities,
            "SOFT": samples > 0 and not look.identities,
        }
        variant = frozenset(word for word, defined in words.items() if defined)
        if words["SOFT"]:
            functions.glEnable(GL_SAMPLE_ALPHA_TO_COVERAGE)
        self._spheres.draw(
            min(most, self.atoms), variant, shared | self._sphere_values(scene, camera, height, look)
        )
        if words["SOFT"]:
            functions.glDisable(GL_SAMPLE_ALPHA_TO_COVERAGE)
        functions.glDepthFunc(GL_LESS)
        dark = look.lines.lightnessF() > 0.5
        drawn = scene.look
        plain, strong = (QColor(*pair[0 if dark else 1]) for pair in (drawn.plain, drawn.strong))
        for batch, colour, breadth, lift in (
            (self._volumes[0], plain, drawn.breadths[0], drawn.lifts[0]),
            (self._volumes[1], strong, drawn.breadths[1], drawn.lifts[1]),
            (self._edges, look.lines, 1.0, 0.0),
        ):
            values = {
                "window": (float(width), float(height)),
                "thickness": look.thickness * breadth,
                "lift": lift,
                "colour": QVector4D(colour.redF(), colour.greenF(), colour.blueF(), 1.0),
            }
            if lift == 0.0 or not look.identities:
                batch.draw(batch.count, variant - {"SOFT"}, shared | values)

    def atoms_of(self, image: QImage) -> NDArray[np.int32]:
        """Indices (H, W) of the atoms that a picture of identities shows; −1 where it shows none."""
        height, width = image.height(), image.width()
        image = image.convertToFormat(QImage.Format.Format_RGBX8888)
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
        codes = rows[:, : 4 * width].reshape(height, width, 4).astype(np.int32)
        numbers = codes[..., 0] | (codes[..., 1] << 8) | (codes[..., 2] << 16)
        found = np.full((height, width), -1, dtype=np.int32)
        shown = numbers != NO_ATOM
        found[shown] = self._order[numbers[shown]]
        return found

    def release(self) -> None:
        """Give the memory back."""
        self._spheres.release()
        for batch in (self._edges, *self._volumes):
            batch.release()

    def _shared_values(self, scene: Scene, camera: Camera, width: int, height: int) -> dict[str, Any]:
        view = camera.view_matrix()
        # Double precision until the origin lies in the scene: far from zero, single precision is coarse.
        view[:3, 3] += view[:3, :3] @ self._origin
        projection = camera.projection_matrix(width, height, scene)
        projection[1] *= -1.0
        return {
            "view": _matrix(view),
            "projection": _matrix(projection),
            "nearest": camera.near,
        }

    def _sphere_values(self, scene: Scene, camera: Camera, height: int, look: Look) -> dict[str, Any]:
        projection = camera.projection_matrix(height, height, scene)
        size = camera.height / height
        red, green, blue = SELECTED_COLOUR
        terms = [float(projection[row, column]) for row in (2, 3) for column in (2, 3)]
        return {
            "pixel": size / camera.distance if camera.perspective else size,
            "depth_terms": QVector4D(*terms),
            "selected": self._place_of(look.selected),
            "selected_paint": QVector4D(red / 255.0, green / 255.0, blue / 255.0, 1.0),
            "light": tuple(float(part) for part in shading.LIGHT),
        }

    def _place_of(self, atom: int) -> int:
        """Where an atom stands in the order of drawing."""
        if not 0 <= atom < len(self._order):
            return -1
        if self._place is None:
            self._place = np.argsort(self._order)
        return int(self._place[atom])


def identity_look(look: Look) -> Look:
    """The same, for finding out which atom each pixel shows."""
    return replace(look, identities=True)


def _matrix(values: FloatArray) -> QMatrix4x4:
    return QMatrix4x4([float(value) for value in values.ravel()])


def shader_constants() -> str:
    """The numbers of ``shading``'s formula for the shaders, by the same names."""
    names = ("AMBIENT", "DIFFUSE", "SPECULAR", "RIM_COSINE", "RIM_BRIGHTNESS")
    return "".join(f"#define {name} {getattr(shading, name):.6f}\n" for name in names)
