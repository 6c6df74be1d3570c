"""The interactive page in a real browser: clicked, hovered over, typed into, and looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import Browser
from dots import colours

import dsl
from dsl.app.drawing import View, subject_of
from dsl.diagram.formats import write

pytest.importorskip("pygraphviz")

NET = """
## Two residual blocks.
dtype f64
placeholder x: [4, 3] = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
placeholder y: [4, 1] = [[0], [1], [1], [0]]
placeholder unknown: [4]
layer Block(units=4)(x: [..., n]) {
    inner = x |> Dense(units) |> tanh |> Dense(n)
    return x + inner
}
h = x |> Block() |> Block()
score = h |> Dense(1)
loss = bce_with_logits(score, y)
metric far = mean(unknown)
train {
    minimize = loss
    optimizer = adam(lr=0.1)
    steps = 60
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def still(folder: Path) -> Path:
    program = dsl.loads(NET, name="net.nn")
    write(subject_of(program, View(depth=0, known=True)), folder / "still.html")
    return folder / "still.html"


@pytest.fixture(scope="module")
def recorded(folder: Path) -> Path:
    dsl.loads(NET, name="net.nn").train(record=folder / "run.html")
    return folder / "run.html"


@pytest.fixture
def page(window: Browser, still: Path) -> Browser:
    window.open(still)
    return window


@pytest.fixture
def run(window: Browser, recorded: Path) -> Browser:
    window.open(recorded)
    return window


def labels(page: Browser, selector: str = "#boxes .box:not(.gone)") -> list[str]:
    """What boxes are called, for whoever cannot see them."""
    found = f"[...document.querySelectorAll('{selector}')].map((box) => box.getAttribute('aria-label').split(',')[0])"
    return sorted(page.value(found))


def box(page: Browser, label: str) -> str:
    """The selector of the box of this label."""
    key = page.value(
        f"[...document.querySelectorAll('#boxes .box')].find((box) => "
        f"box.getAttribute('aria-label').split(',')[0] === {label!r}).dataset.key"
    )
    return f'#boxes [data-key="{key}"]'


def text(page: Browser, selector: str) -> str:
    return page.value(f"document.querySelector('{selector}').textContent")


class TestOffline:
    def test_nothing_is_asked_for_but_the_page_and_nothing_goes_wrong(self, page: Browser, still: Path) -> None:
        assert page.asked == [still.resolve().as_uri()]
        assert page.said == []

    def test_it_is_one_file_without_addresses(self, still: Path) -> None:
        contents = still.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "http:" not in contents
        assert "https:" not in contents
        assert "{{" not in contents


class TestFolding:
    def test_it_begins_as_it_was_asked_for(self, page: Browser) -> None:
        named = ["far mean", "h Block_2", "loss bce_with_logits", "score Dense", "unknown", "x", "y"]
        assert labels(page) == ["Block 31 parameters", *named]

    def test_a_click_opens_a_layer_and_a_click_on_its_title_folds_it(self, page: Browser) -> None:
        before = labels(page)
        page.click(box(page, "h Block_2"))
        assert "h add" in labels(page)
        assert "h Block_2" not in labels(page)
        assert text(page, "#said") == "h.Block_2 is open"
        page.click(".frame-title")
        assert labels(page) == before

    def test_the_others_stay_folded_and_a_layer_inside_opens_too(self, page: Browser) -> None:
        page.click(box(page, "h Block_2"))
        assert any(label.startswith("Block") for label in labels(page))
        page.click(box(page, "inner Dense_2"))
        assert page.value("document.querySelectorAll('.frame-title').length") == 2
        assert "w" in labels(page)

    def test_depths(self, page: Browser) -> None:
        counts = []
        for place in (1, 2, 3):
            page.click(f"#depths button:nth-of-type({place})")
            counts.append(len(labels(page)))
        assert counts == sorted(set(counts))
        assert page.value("document.querySelectorAll('#depths [aria-pressed=true]').length") == 1

    def test_what_moves_keeps_its_element(self, page: Browser) -> None:
        key = box(page, "x")
        page.value(f"document.querySelector('{key}').marked = true")
        page.click(box(page, "h Block_2"))
        assert page.value(f"document.querySelector('{key}').marked")

    def test_boxes_move_to_their_places_where_movement_is_welcome(self, window: Browser, still: Path) -> None:
        window.call(
            "Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": "no-preference"}]
        )
        window.open(still)
        window.click(box(window, "h Block_2"))
        window.wait_for("document.getAnimations().length === 0 && !document.querySelector('.gone')")
        window.wait_for(
            "[...document.querySelectorAll('#boxes .box')].every((box) => getComputedStyle(box).opacity === '1')"
        )
        assert "h add" in labels(window)


class TestKeys:
    def test_tab_goes_from_box_to_box_and_enter_opens_and_folds(self, page: Browser) -> None:
        page.value("document.querySelector('#picture').focus()")
        for _ in range(40):
            page.press("Tab")
            if page.value("(document.activeElement.getAttribute('aria-label') || '').startsWith('h Block_2')"):
                break
        assert page.value("document.activeElement.getAttribute('aria-label')") == "h Block_2, folded, Enter opens it"
        page.press("Enter")
        assert page.value("document.activeElement.getAttribute('aria-label')") == "h.Block_2, open, Enter folds it"
        page.press("Enter")
        assert page.value("document.activeElement.getAttribute('aria-label')") == "h Block_2, folded, Enter opens it"

    def test_a_box_that_is_reached_tells_what_it_is(self, page: Browser) -> None:
        page.value("document.querySelector('#picture').focus()")
        page.press("Tab")
        assert not page.value("document.querySelector('#card').hidden")

    def test_arrows_move_and_signs_zoom(self, page: Browser) -> None:
        page.value("document.querySelector('#picture').focus()")
        before = page.middle("#boxes .box")
        page.press("ArrowLeft")
        assert page.middle("#boxes .box")[0] == pytest.approx(before[0] + 60)
        width = page.value("document.querySelector('#boxes .box').getBoundingClientRect().width")
        page.press("+")
        assert page.value("document.querySelector('#boxes .box').getBoundingClientRect().width") > 1.2 * width
        page.press("0")
        assert page.middle("#boxes .box") == pytest.approx(before, abs=1)


class TestMoving:
    def test_drag_and_wheel(self, page: Browser) -> None:
        before = page.middle("#boxes .box")
        page.drag((200, 400), (50, -30))
        after = page.middle("#boxes .box")
        assert (after[0] - before[0], after[1] - before[1]) == pytest.approx((50, -30), abs=5)
        width = page.value("document.querySelector('#boxes .box').getBoundingClientRect().width")
        page.wheel((600, 400), -300)
        page.wait_for(f"document.querySelector('#boxes .box').getBoundingClientRect().width > {1.2 * width}")

    def test_a_drag_over_a_layer_does_not_open_it(self, page: Browser) -> None:
        before = labels(page)
        page.drag(page.middle(box(page, "h Block_2")), (80, 20))
        assert labels(page) == before


class TestCard:
    def test_value_gradient_formula_and_line(self, page: Browser) -> None:
        page.hover(box(page, "loss bce_with_logits"))
        card = text(page, "#card")
        for part in ("f64", "bce_with_logits(score, y)", "net.nn:13", "loss = bce_with_logits(score, y)", "∂loss", "1"):
            assert part in card
        page.drag((100, 300), (1, 1))
        assert page.value("document.querySelector('#card').hidden")

    def test_what_is_not_computed_is_no_0(self, page: Browser) -> None:
        page.hover(box(page, "unknown"))
        assert "valuenot computed" in text(page, "#card")
        assert "∂lossnot computed" in text(page, "#card")

    def test_a_layer_tells_the_lines_that_call_it(self, page: Browser) -> None:
        page.click(box(page, "h Block_2"))
        page.click(box(page, "inner Dense_2"))
        page.hover(box(page, "y_1 matmul"))
        card = text(page, "#card")
        assert "net.nn:11" in card
        assert "dense.nn:6" in card


class TestPaths:
    def test_a_click_on_a_parameter_lights_its_ways_to_the_loss(self, page: Browser) -> None:
        page.click(box(page, "score Dense"))
        page.click(box(page, "w"))
        assert labels(page, "#boxes .box.lit") == ["loss bce_with_logits", "score add", "w", "y_1 matmul"]
        assert page.value("document.querySelectorAll('.way.lit').length") >= 4
        page.press("Escape")
        assert labels(page, "#boxes .box.lit") == []

    def test_a_second_click_puts_the_light_out(self, page: Browser) -> None:
        page.click(box(page, "score Dense"))
        page.click(box(page, "b"))
        assert "values" in text(page, "#said")
        page.click(box(page, "b"))
        assert text(page, "#said") == ""


class TestSearch:
    def test_what_is_folded_is_opened(self, page: Browser) -> None:
        page.press("/")
        page.type("Block_2.inner.tanh")
        page.press("Enter")
        assert page.value("document.activeElement.getAttribute('aria-label')") == "tanh"
        x, y = page.middle(".box.found")
        assert (x, y) == pytest.approx((640, 420), abs=60)

    def test_operations_are_found_too_and_nothing_is_told(self, page: Browser) -> None:
        page.press("/")
        page.type("matmul")
        assert "Block" in text(page, "#found")
        page.press("Escape")
        page.press("/")
        page.type("zebra")
        assert text(page, "#found") == "nothing is called so"


class TestColours:
    def slide(self, page: Browser, step: int) -> None:
        slider = "const slider = document.querySelector('#step')"
        page.value(f"(() => {{ {slider}; slider.value = {step}; slider.dispatchEvent(new Event('input')); }})()")

    def fill(self, page: Browser, label: str) -> str:
        return page.value(f"document.querySelector('{box(page, label)} .shape').style.fill")

    def test_not_computed_is_hatched_and_a_gradient_of_0_is_pale(self, page: Browser) -> None:
        page.click("#colours [data-mode=values]")
        assert "hatch" in self.fill(page, "unknown")
        assert "hatch" not in self.fill(page, "x")
        page.click("#colours [data-mode=gradients]")
        assert "hatch" in self.fill(page, "far mean")
        assert "not computed" in text(page, "#legend")

    def test_a_hatch_looks_unlike_any_colour(self, page: Browser) -> None:
        page.click("#colours [data-mode=values]")
        hatched = colours(page.screenshot(box(page, "unknown") + " .shape", inset=6))
        plain = colours(page.screenshot(box(page, "x") + " .shape", inset=6))
        assert hatched.reshape(-1, 3).std() > 1
        corner = plain[:3, -3:].reshape(-1, 3)
        assert corner.std(axis=0).max() < 1

    def test_a_slider_goes_through_the_steps_and_recolours(self, run: Browser) -> None:
        assert run.value("document.querySelector('#step').max") == "60"
        assert text(run, "#when").startswith("step 60, loss ")
        last = self.fill(run, "score add")
        run.value("document.querySelector('#step').focus()")
        for _ in range(3):
            run.press("ArrowLeft")
        assert text(run, "#when").startswith("step 57")
        self.slide(run, 0)
        assert text(run, "#when").startswith("step 0, loss ")
        assert self.fill(run, "score add") != last

    def test_playing_ends_at_the_last_step(self, run: Browser) -> None:
        self.slide(run, 55)
        run.click("#play")
        run.wait_for("document.querySelector('#when').textContent.startsWith('step 60')")
        run.wait_for("document.querySelector('#play').textContent === '▶'")

    def test_hovering_tells_the_value_of_the_step(self, run: Browser) -> None:
        run.click("#depths button")
        self.slide(run, 0)
        run.hover(box(run, "loss bce_with_logits"))
        first = text(run, "#card")
        self.slide(run, 60)
        assert "∂loss1" in text(run, "#card")
        assert text(run, "#card") != first


class TestLooks:
    def test_light_and_dark(self, window: Browser, still: Path) -> None:
        found = {}
        for theme in ("light", "dark"):
            window.theme(theme)
            window.open(still)
            found[theme] = colours(window.screenshot("#legend summary", inset=1))[0, 0].tolist()
        assert min(found["light"]) > 240
        assert max(found["dark"]) < 60

    @pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 780)])
    def test_everything_is_inside_the_window(self, window: Browser, still: Path, width: int, height: int) -> None:
        window.size(width, height, is_phone=width < 600)
        window.open(still)
        assert window.value("document.documentElement.scrollWidth") <= width
        outside = window.value(
            "[...document.querySelectorAll('button, input, #legend, #boxes .box')].filter((e) => {"
            " const b = e.getBoundingClientRect();"
            " const is_out = b.left < -1 || b.right > innerWidth + 1 || b.top < -1 || b.bottom > innerHeight + 1;"
            " return b.width && is_out; }).length"
        )
        assert outside == 0

    def test_letters_are_large_enough_on_a_phone(self, window: Browser, still: Path) -> None:
        window.size(390, 780, is_phone=True)
        window.open(still)
        assert window.value("document.querySelector('#boxes text').getBoundingClientRect().height") >= 9


def test_names_are_text_in_the_browser_too(window: Browser, tmp_path: Path) -> None:
    odd = "placeholder x = 1\nλ = x * 2  # </script><img src=x onerror=alert(1)>\n"
    name = "</title><script>document.title = 'mine'</script>.nn"
    write(subject_of(dsl.loads(odd, name=name), View(known=True)), tmp_path / "odd.html")
    window.open(tmp_path / "odd.html")
    assert window.said == []
    assert window.asked == [(tmp_path / "odd.html").resolve().as_uri()]
    assert window.value("document.title") == name.rpartition("/")[2]
    window.hover(box(window, "λ · * 2"))
    assert "</script><img src=x onerror=alert(1)>" in text(window, "#card")
    assert window.value("document.images.length") == 0


def test_a_plan_can_be_looked_at_as_well(window: Browser, tmp_path: Path) -> None:
    write(subject_of(dsl.loads(NET), View(plan=True)), tmp_path / "plan.html")
    window.open(tmp_path / "plan.html")
    assert window.said == []
    window.hover("#boxes .box")
    assert text(window, "#card h2")
    assert not window.value("document.querySelector('#card').hidden")
