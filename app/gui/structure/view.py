"""The structure view: a canvas, what is written over it, and the hand that moves it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.gui.structure.camera import Camera, direction_name
from app.gui.structure.details import Details
from app.gui.structure.navigation import HELP, Drag, camera_after_key, wheel_factor
from app.gui.structure.picking import pick
from app.gui.structure.scene import Scene
from app.gui.structure.specimen_stage import SpecimenStage
from app.gui.structure.specimens import VIEWS, SpecimenView
from sim.core.types import FloatArray
from sim.numerics.rotations import quaternion_to_matrix

#: The picture is at rest this long after the last key or turn of the wheel, milliseconds.
REST = 200
#: A structure whose radius differs by less than this factor is seen from as near as the one before.
_SIMILAR = 1.3
_EMPTY = "No structure to show: choose one under Structure, or drop a structure file here."


class StructureView(SpecimenStage):
    """Shows a structure; turns, shifts and zooms it; tells which atom was clicked."""

    #: Index of the atom that was clicked, −1 for none.
    picked = Signal(int)
    #: Name of the object whose atom was clicked (``cdse#3``), empty for none.
    node_picked = Signal(str)
    #: The eye moved.
    camera_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("structure.view")
        self.setAccessibleName("Structure")
        self.setAccessibleDescription(HELP)
        self.setWhatsThis(HELP)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._structure: Any = None
        self._told = VIEWS["atoms"]
        self._pose: FloatArray | None = None
        self._middle = np.zeros(3)
        self._drag: Drag | None = None
        # Until the user moves the eye: it stays fitted to the window, and along the beam when that turns.
        self._fitted = self._follows_beam = True
        self._rest = self._single_shot(REST, self._come_to_rest)
        self._show()

    # what is shown

    def set_structure(
        self,
        structure: Any,
        quaternion: FloatArray | None = None,
        told: SpecimenView = VIEWS["atoms"],
        details: Details | None = None,
    ) -> None:
        """Show a structure, or none.

        The eye stays where it was when the structure is the same or of about the same size, and moves so
        that everything is seen otherwise.  A view along the beam follows the beam.

        Parameters
        ----------
        structure
            What is imaged, in the specimen's frame, as ``told`` takes it: a Structure, Particles; None for
            none.
        quaternion
            (4,) pose, active, specimen → laboratory; None where there is none.
        told
            How such a specimen is drawn and described.
        details
            Its parts, and how it is drawn, where that has been made already.
        """
        # The pose first: what is then made to fit is seen from the direction in which it stays.
        self._pose = None if quaternion is None else quaternion_to_matrix(quaternion)
        if (
            self._follows_beam
            and self._pose is not None
            and not np.array_equal(self._pose, self._camera.rotation)
        ):
            # From as near as before: while a pose is being tried out the picture does not breathe.
            self._move(self._camera.with_rotation(self._pose))
        if not self._is_shown(structure, told):
            self._told = told
            self._replace_scene(structure, details)
        elif details is not None and details is not self._details:
            # The same atoms under other names, or in another box.
            self._take(details)
            self._draw_anew()
        self._show()

    def _is_shown(self, structure: Any, told: SpecimenView) -> bool:
        shown = self._structure
        if structure is None or shown is None or structure is shown:
            return structure is shown
        return told is self._told and bool(told.same(structure, shown))

    def _replace_scene(self, structure: Any, details: Details | None) -> None:
        before, had_one = self._scene, self._structure is not None
        self._structure = structure
        if details is None:
            details = Details(Scene.empty() if structure is None else self._told.scene(structure))
        self._take(details)
        self._middle = self._told.middle(self._scene)
        self._canvas.set_scene(self._shown_scene())
        self.select(-1)
        if structure is None:
            self._fitted = True
            return
        ratio = self._scene.radius / before.radius
        if had_one and 1.0 / _SIMILAR < ratio < _SIMILAR:
            self._move(self._camera.with_centre(self._camera.centre + self._scene.centre - before.centre))
        elif had_one or self._fitted:
            # Otherwise the camera was restored for the structure that comes now.
            self.fit()

    @property
    def structure(self) -> Any:
        """What is shown."""
        return self._structure

    def select(self, index: int) -> None:
        """Mark an atom and write down where it is; −1 unmarks."""
        if not -1 <= index < len(self._scene):
            index = -1
        self._selected = index
        self._canvas.set_selected(index)
        self._show()

    # the eye

    def view_along(self, name: str) -> None:
        """Look along an axis of the specimen: "+x" looks from +x at the middle, and so on."""
        self._follows_beam = False
        self._turn_to(self._camera.with_direction(name))

    def along_beam(self) -> None:
        """Look down the beam: the picture then has the orientation of the image."""
        self._turn_to(self._camera if self._pose is None else self._camera.with_rotation(self._pose))
        self._follows_beam = True

    def fit(self) -> None:
        """Come as near as all can be seen."""
        self._fitted = True
        if self._structure is not None:
            self._move(self._camera.fit(self._shown_scene(), self.width() / max(1, self.height())))

    @property
    def perspective(self) -> bool:
        """Near atoms are larger."""
        return self._camera.perspective

    def set_perspective(self, perspective: bool) -> None:
        """Switch between perspective and the orthographic projection."""
        if perspective != self._camera.perspective:
            self._turn_to(self._camera.with_perspective(perspective))

    def view_rotation(self) -> FloatArray:
        """(3, 3) specimen → view; what ``beam.euler_of_view`` makes a pose of."""
        return self._camera.rotation.copy()

    def camera_state(self) -> dict[str, Any]:
        """Eye and look as plain values for a settings file."""
        eye = {**self._camera.to_dict(), "fitted": self._fitted, "along_beam": self._follows_beam}
        return eye | self.look_state()

    def restore_camera(self, state: Mapping[str, Any]) -> None:
        """Take up :meth:`camera_state` again; a state that makes no sense is left alone."""
        self.restore_look(state)
        try:
            camera = Camera.from_dict(state)
        except ValueError:
            return
        self._fitted, self._follows_beam = bool(state.get("fitted")), bool(state.get("along_beam"))
        self._move(camera)

    def shutdown(self) -> None:
        """Stop timers and processes and let go of the pictures."""
        self._rest.stop()
        super().shutdown()

    # events

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._fitted:
            self.fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        # The release of an earlier press may never have come, when the view was hidden meanwhile.
        alone = event.buttons() == event.button()
        if (self._drag is None or alone) and self._structure is not None and Drag.begins(event):
            self._drag = Drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None:
            return
        camera = drag.moved_camera(self._camera, event.position(), self.width(), self.height())
        if camera is None:
            return
        self._canvas.set_interacting(True)
        if drag.kind == "pan":
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self._fitted = False
        else:
            self._follows_beam = False
        self._move(camera)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None or event.button() != drag.button:
            return
        self._drag = None
        self.unsetCursor()
        self._come_to_rest()
        if not drag.moved and drag.button == Qt.MouseButton.LeftButton:
            self._pick(event.position().x(), event.position().y())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        atom = self._atom_at(event.position().x(), event.position().y())
        if event.button() == Qt.MouseButton.LeftButton and atom >= 0:
            self._fitted = False
            self._move(self._camera.with_centre(self._scene.positions[atom]))

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta().y() or event.angleDelta().x()
        if self._structure is None or not turned:
            event.ignore()
            return
        at = event.position()
        self._fitted = False
        self._move_briefly(
            self._camera.zoom(wheel_factor(turned), at.x(), at.y(), self.width(), self.height())
        )
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        camera = camera_after_key(self._camera, event, self.width(), self.height())
        key = event.key()
        if self._structure is not None and camera is not None:
            self._follows_beam &= np.array_equal(camera.rotation, self._camera.rotation)
            self._fitted &= camera.height == self._camera.height and bool(
                np.array_equal(camera.centre, self._camera.centre)
            )
            self._move_briefly(camera)
        elif key == Qt.Key.Key_Home:
            self.fit()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._pick(0.5 * self.width(), 0.5 * self.height())
        elif key == Qt.Key.Key_Escape and self._selected >= 0:
            self._choose(-1)
        else:
            super().keyPressEvent(event)

    # inside

    def _atom_at(self, x: float, y: float) -> int:
        return pick(self._scene, self._camera, x, y, self.width(), self.height())

    def _pick(self, x: float, y: float) -> None:
        self._choose(self._atom_at(x, y))

    def _choose(self, atom: int) -> None:
        """Mark an atom and emphasise the object that it belongs to."""
        self.select(atom)
        name = self._details.name_of(self._selected)
        self._emphasise(name, only_one=bool(name))
        self.picked.emit(self._selected)
        self.node_picked.emit(name)

    def _turn_to(self, camera: Camera) -> None:
        """Another direction or projection; what was made to fit still does."""
        self._move(camera)
        if self._fitted:
            self.fit()

    def _move(self, camera: Camera) -> None:
        self._camera = camera
        self._canvas.set_camera(camera)
        self._show()
        self.camera_changed.emit()

    def _move_briefly(self, camera: Camera) -> None:
        """One of several small steps: the picture is at rest when no more follow."""
        self._canvas.set_interacting(True)
        self._move(camera)
        self._rest.start()

    def _come_to_rest(self) -> None:
        self._rest.stop()
        if self._drag is None:
            self._canvas.set_interacting(False)
            self._show()

    def _show(self) -> None:
        """Write over the picture what belongs there now."""
        marked = None
        lines: tuple[str, ...] = ()
        if self._selected >= 0 and self._structure is not None:
            position = self._scene.positions[self._selected]
            marked = position, float(self._scene.radii[self._selected])
            in_beam = None if self._pose is None else self._pose @ (position - self._middle)
            lines = self._told.read_out(self._structure, self._selected, in_beam)
            said = self._details.said_of(self._selected)
            lines = (*lines[:1], said, *lines[1:]) if said else lines
        self._content = replace(
            self._content,
            source=None if self._pose is None else self._pose[2],
            view_name=self._view_name(),
            marked=marked,
            read_out=lines,
            hint=_EMPTY if self._structure is None else "",
            note=self._note(),
            legend=self.legend,
        )
        super()._show()

    def _view_name(self) -> str:
        words = []
        if self._pose is not None and np.allclose(self._camera.rotation, self._pose, atol=1e-6):
            words.append("along the beam")
        axis = direction_name(self._camera.rotation)
        if axis is not None:
            words.append(f"from {axis.replace('-', '−')}")
        if self._camera.perspective:
            words.append("perspective")
        text = ", ".join(words)
        return text[:1].upper() + text[1:]

    def _note(self) -> str:
        drawn, count = self._canvas.drawn_atoms(), len(self._scene)
        moves = self._drag is not None or self._rest.isActive()
        if not moves or not 0 < drawn < count:
            return ""
        return f"{drawn:,} of {self._told.counted(count)} while it moves".replace(",", "\u202f")
