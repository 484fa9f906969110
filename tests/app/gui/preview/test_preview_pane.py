"""The pane: what the user does becomes Display and Selection; results and failures become pictures."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLabel, QSlider, QToolButton

from app.gui.preview.pane import PreviewPane
from app.gui.preview.results import Display, Failure, Profile, Selection

pytestmark = pytest.mark.gui

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pane(qtbot, make_result):
    widget = PreviewPane()
    qtbot.addWidget(widget)
    widget.resize(620, 560)
    widget.show()
    qtbot.waitExposed(widget)
    widget.show_result(make_result())
    yield widget
    widget.shutdown()


def displays(pane) -> list[Display]:
    heard: list[Display] = []
    pane.display_changed.connect(heard.append)
    return heard


def pixel_position(pane, column: int, row: int) -> QPoint:
    x, y = pane.image.viewport.to_widget(column, row)
    return QPoint(round(x), round(y))


# --- display -------------------------------------------------------------------------------------


def test_noise_free_button_asks_for_the_clean_image(pane, qtbot):
    heard = displays(pane)
    qtbot.mouseClick(pane.tools.clean_button, LEFT)
    qtbot.mouseClick(pane.tools.noisy_button, LEFT)
    assert [item.shown for item in heard] == ["clean", "noisy"]


def test_lock_keeps_the_levels_of_the_image_and_auto_lets_them_go(pane, qtbot):
    picture = pane.result.picture
    qtbot.mouseClick(pane.tools.lock_button, LEFT)
    assert pane.display().levels == "locked"
    assert (pane.display().low, pane.display().high) == (picture.low, picture.high)
    qtbot.mouseClick(pane.tools.auto_button, LEFT)
    assert pane.display().levels == "auto" and pane.tools.auto_button.isChecked()


def test_levels_and_colour_map_survive_a_new_image(pane, qtbot, make_result):
    pane.set_display(replace(pane.display(), colour_map="viridis", levels="locked", low=1.0, high=5.0))
    shown = make_result(pane.display(), Selection(3))
    pane.show_result(shown)
    assert (shown.picture.low, shown.picture.high) == (1.0, 5.0)
    assert pane.display() == shown.display
    assert pane.tools.colour_box.currentData() == "viridis"


def test_colour_map_is_chosen_by_key_and_shown_at_once(pane, qtbot):
    before = pane.image.grab().toImage().pixelColor(5, pane.image.height() // 2)
    heard = displays(pane)
    pane.tools.colour_box.setFocus()
    qtbot.keyClick(pane.tools.colour_box, "v")
    if not heard:  # a combo box takes a letter over only when its list is closed by Enter on some styles
        qtbot.keyClick(pane.tools.colour_box, Qt.Key.Key_Return)
    assert heard[-1].colour_map == "viridis"
    assert pane.image.grab().toImage().pixelColor(5, pane.image.height() // 2) != before


def test_overlay_menu_offers_what_the_sample_has(pane, qtbot):
    sample = pane.result.sample
    names = {*sample.labels, *(name for name in ("atoms", "columns") if name in sample.tables)}
    assert names
    for name in names:
        assert pane.tools.overlay_action(name) is not None
    assert pane.tools.overlay_action("nothing") is None
    heard = displays(pane)
    pane.tools.overlay_action("particle_mask").trigger()
    assert heard[-1].labels == {"particle_mask"}


def test_overlay_of_the_mask_covers_the_particle(pane, make_result):
    pane.set_display(replace(pane.display(), labels=frozenset({"particle_mask"})))
    shown = make_result(pane.display())
    pane.show_result(shown)
    row, column = np.argwhere(shown.sample.labels["particle_mask"] == 1)[0]
    at = pixel_position(pane, int(column), int(row))
    colour = pane.image.grab().toImage().pixelColor(at)
    assert colour.green() > colour.red() + 40


def test_an_unknown_colour_map_of_an_old_workspace_is_grey(pane):
    pane.set_display(Display(colour_map="of another version"))
    assert pane.display().colour_map == "grey"


def test_profile_button_lays_a_line_and_the_mouse_drags_it(pane, qtbot):
    heard = displays(pane)
    qtbot.mouseClick(pane.tools.profile_button, LEFT)
    line = heard[-1].profile
    assert line is not None and line.start[1] == line.stop[1]
    end = pixel_position(pane, round(line.stop[0]), round(line.stop[1]))
    qtbot.mousePress(pane.image, LEFT, pos=end)
    qtbot.mouseMove(pane.image, end + QPoint(0, 30))
    qtbot.mouseRelease(pane.image, LEFT, pos=end + QPoint(0, 30))
    assert heard[-1].profile.stop[1] > line.stop[1] + 3
    assert heard[-1].profile.start == line.start
    qtbot.mouseClick(pane.tools.profile_button, LEFT)
    assert heard[-1].profile is None


# --- results and failures --------------------------------------------------------------------


def test_cursor_reads_position_value_and_label(pane, qtbot):
    """At a pixel right of and above the middle: both signs of the axes are told apart."""
    result = pane.result
    mask = result.sample.labels["particle_mask"]
    marked = np.argwhere(mask == 1)
    aside = (marked[:, 1] > mask.shape[1] / 2 + 2) & (marked[:, 0] < mask.shape[0] / 2 - 2)
    row, column = (int(place) for place in marked[aside][0])
    heard = []
    pane.status.connect(heard.append)
    qtbot.mouseMove(pane.image, pixel_position(pane, column, row))
    x = (column - (mask.shape[1] - 1) / 2) * 0.3
    y = ((mask.shape[0] - 1) / 2 - row) * 0.3
    assert x > 0 and y > 0
    value = int(result.sample.image[row, column])
    assert heard[-1].startswith(f"x {x:.2f} y {y:.2f} Å · {value:,} e⁻ · particle")
    qtbot.mouseMove(pane.image, pixel_position(pane, 0, mask.shape[0] - 1))
    assert heard[-1].startswith(f"x −{47.5 * 0.3:.2f} y −{31.5 * 0.3:.2f} Å · ")
    assert "particle" not in heard[-1]


def test_failure_is_said_and_the_image_dimmed_until_the_next_result(pane, qtbot, make_result):
    pane.image.show_cross = False

    def lightness() -> int:
        qtbot.wait(20)  # the banner takes room from the image
        return pane.image.grab().toImage().pixelColor(pixel_position(pane, 48, 32)).lightness()

    before = lightness()
    pane.show_failure(Failure(2, "image.width = 0: too small.", "image.width"))
    assert pane.banner.isVisible() and pane.banner.sentence == "image.width = 0: too small."
    assert lightness() < 0.6 * before
    asked = []
    pane.reveal_requested.connect(asked.append)
    qtbot.mouseClick(pane.findChild(QToolButton, "preview.failure.reveal"), LEFT)
    assert asked == ["image.width"]
    pane.show_result(make_result())
    assert not pane.banner.isVisible()
    assert lightness() == before


def test_badge_always_tells_draft_from_exact(pane, make_result):
    assert (pane.badge.text, pane.badge.draft) == ("exact", False)
    pane.show_result(replace(make_result(), draft="noise-free"))
    assert (pane.badge.text, pane.badge.draft) == ("draft: noise-free", True)
    assert pane.badge.isVisible() and pane.image.rect().contains(pane.badge.geometry())
    pane.show_failure(Failure(3, "no"))
    assert pane.badge.draft
    pane.show_result(make_result())
    pane.mark_outdated()
    assert (pane.badge.text, pane.badge.draft) == ("not up to date", True)
    pane.show_result(make_result())
    assert pane.badge.text == "exact"


def test_a_long_rendering_is_announced_and_a_short_one_is_not(pane, qtbot, make_result):
    pane.set_busy(True)
    assert pane.badge.text == "exact"
    qtbot.waitUntil(lambda: pane.badge.text == "rendering …", timeout=2000)
    pane.show_result(make_result())
    pane.set_busy(False)
    assert pane.badge.text == "exact"


def test_hold_as_b_compares_and_reads_values_of_b(pane, qtbot, make_result):
    held = pane.result
    pane.hold_as_b()
    assert pane.held and pane.image.compare == "split"
    pane.show_result(make_result(Display(shown="clean"), Selection(1)))
    heard = []
    pane.status.connect(heard.append)
    qtbot.mouseMove(pane.image, pixel_position(pane, 60, 30))
    assert f"{int(held.sample.image[30, 60])} e⁻" in heard[-1]
    pane.hold_as_b(False)
    assert not pane.held and pane.image.compare == "off"


# --- browser ---------------------------------------------------------------------------------


def test_browser_shows_which_image_it_is(pane, make_result):
    result = make_result(selection=Selection(5))
    pane.show_result(result)
    browser = pane.browser
    assert browser.index_box.value() == 5
    assert browser.total_label.text() == "of 12"
    assert browser.id_label.text() == result.job.image_id
    chips = [label.text() for label in browser.findChildren(QLabel) if "chip" in label.objectName()]
    assert any(text.startswith("σ 0.") and text.endswith(" Å") for text in chips)
    assert f"class {result.job.varied['specimen.geometry']}" in chips


def test_next_and_previous(pane, qtbot):
    steps = []
    pane.step_requested.connect(steps.append)
    qtbot.mouseClick(pane.browser.next_button, LEFT)
    qtbot.mouseClick(pane.browser.previous_button, LEFT)
    assert steps == [1, -1]


def test_a_typed_number_selects_that_image(pane, qtbot):
    chosen = []
    pane.selection_changed.connect(chosen.append)
    box = pane.browser.index_box
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "7")
    assert chosen == []  # not before it is finished: 7 may become 70
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert chosen == [Selection(7, "")]
    assert pane.selection() == Selection(7, "")


def test_a_class_is_chosen_from_those_of_the_plan(pane, qtbot, make_result):
    chosen = []
    pane.selection_changed.connect(chosen.append)
    box = pane.browser.class_box
    assert [box.itemData(row) for row in range(box.count())] == ["", *pane.result.classes]
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert chosen == [Selection(0, pane.result.classes[0])]
    pane.show_result(make_result(selection=chosen[-1]))
    assert pane.selection().class_name == pane.result.classes[0] == pane.result.job.class_name


def test_results_and_settings_from_outside_emit_no_wish(pane, make_result):
    """Otherwise every result would ask for the next one."""
    heard = []
    pane.selection_changed.connect(heard.append)
    pane.display_changed.connect(heard.append)
    pane.show_result(make_result(selection=Selection(4)))
    pane.set_selection(Selection(2))
    pane.set_display(pane.display())
    assert heard == []
    pane.choose_class("icosahedron")
    assert heard == [Selection(0, "icosahedron")]


def test_image_id_is_copied(pane, qtbot):
    qtbot.mouseClick(pane.browser.copy_button, LEFT)
    assert QGuiApplication.clipboard().text() == pane.result.job.image_id


# --- form ------------------------------------------------------------------------------------


def test_everything_to_touch_has_a_name_a_meaning_and_the_keyboard(pane):
    for kind in (QToolButton, QAbstractSpinBox, QComboBox, QSlider):
        for widget in pane.findChildren(kind):
            assert widget.objectName(), widget
            if widget.objectName().startswith("qt_"):
                continue
            assert widget.accessibleName(), widget.objectName()
            assert widget.toolTip(), widget.objectName()
            assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus, widget.objectName()


def test_a_narrow_pane_wraps_its_tools_and_clips_none(pane, qtbot):
    pane.resize(330, 500)
    qtbot.wait(20)
    for button in pane.tools.findChildren(QToolButton):
        if not button.isVisible():
            continue  # in the menu
        assert button.width() >= button.sizeHint().width() - 1
        right = button.mapTo(pane, QPoint(button.width(), 0)).x()
        assert right <= pane.width()


def test_profile_width_is_kept_when_a_new_line_is_set(pane):
    pane.set_display(replace(pane.display(), profile=Profile((1, 2), (30, 20), 1.0)))
    pane.set_profile_width(5.0)
    assert pane.display().profile == Profile((1, 2), (30, 20), 5.0)


def test_pane_and_controller_go_through_the_images_of_a_class(pane, qtbot, make_result):
    """The wishes of the pane are what the controller takes, and its results are what the pane shows."""
    from app.gui.preview.controller import PreviewController

    controller = PreviewController()
    try:
        controller.result.connect(pane.show_result)
        pane.step_requested.connect(controller.step)
        recipe = pane.result.recipe
        pane.selection_changed.connect(
            lambda selection: controller.request(recipe, selection, pane.display())
        )
        pane.display_changed.connect(controller.refresh_display)
        pane.choose_class("icosahedron")
        qtbot.waitUntil(lambda: pane.result.job.class_name == "icosahedron", timeout=5000)
        first = pane.selection().index
        qtbot.mouseClick(pane.browser.next_button, LEFT)
        qtbot.waitUntil(lambda: pane.selection().index > first, timeout=5000)
        assert pane.result.job.class_name == "icosahedron"
        qtbot.mouseClick(pane.tools.clean_button, LEFT)
        qtbot.waitUntil(lambda: pane.result.display.shown == "clean", timeout=5000)
        assert pane.result.picture.values is pane.result.sample.clean
    finally:
        controller.close()
