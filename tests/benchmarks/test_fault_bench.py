"""The test-bed itself: clean pairs are clean, faults show, answers are judged as they deserve."""

import ast
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    bases,
    cases,
    combinations,
    controls,
    decoders,
    faults,
    geometry,
    incidents,
    inject,
    pictures,
    scoring,
    serving,
    speed,
)
from benchmarks.bases import BASES
from benchmarks.plan import Norm
from pixelparity import stages
from pixelparity.diagnosis import FAMILIES
from pixelparity.diagnosis.results import Cause, Comparison, Diagnosis, Evidence

ROOT = Path(__file__).parents[2]
SINGLES = {case.name: case for case in cases.singles()}
#: A level of 255 in each base's final tensor: the smallest step of a channel.
LEVEL = {name: min(np.abs(inject.affine(base.clean.norms)[0])) for name, base in BASES.items()}


def _few(base: str, kind: str = "plain", count: int = 3) -> dict[str, Path]:
    return pictures.pick(kind, 1, count)


@pytest.mark.parametrize("name", BASES)
def test_a_clean_pair_is_equal_within_the_libraries_noise(name: str) -> None:
    """Each base's DALI pipeline follows its reference: on average within 0.2 levels, OpenCV's within 1 everywhere."""
    base = BASES[name]
    images = _few(name)
    reference, deployed = bases.capture(base, images), serving.run(base.clean, images)
    errors = [np.abs(x - deployed.tensors[deployed.final.name][i]) / LEVEL[name] for i, x in reference.finals()]
    assert max(e.mean() for e in errors) < 0.2
    assert max(e.max() for e in errors) < (6 if name == "clip_bicubic" else 2 if name == "grey_text" else 1.1)


def test_every_family_is_injected() -> None:
    """No family of the vocabulary is left out without a reason, and no other name is used."""
    assert {fault.family for fault in inject.FAULTS} == set(FAMILIES) - {"unexplained"} - set(inject.NOT_INJECTED)
    assert {name.split(".")[0] for name in inject.NOT_TOLD_FROM_TENSORS} <= set(FAMILIES)
    assert set(inject.NOT_TOLD_FROM_TENSORS) <= {fault.name for fault in inject.FAULTS}


@pytest.mark.parametrize("family", sorted(set(FAMILIES) - {"unexplained", "input_order"} - set(inject.NOT_INJECTED)))
def test_a_fault_shows(family: str) -> None:
    """One variant of each family changes the final tensors or the answers of its case."""
    name = next(name for name in SINGLES if name.split("/")[1].split(".")[0] == family)
    case = replace(SINGLES[name], base=replace(SINGLES[name].base, count=4))
    sides = cases.build(case)
    assert cases.without_effect(case, sides) == ""
    if case.plan.model is not None:
        assert any(
            np.abs(sides.reference.outputs[i] - sides.deployed.outputs[i]).max() > 0.02 for i in sides.reference.images
        )


def test_a_fault_without_effect_is_no_case() -> None:
    """A case whose plan is the clean one is called void instead of being counted."""
    case = replace(SINGLES["imagenet_opencv/antialias.on"], plan=BASES["imagenet_opencv"].clean)
    assert "changes only 0.0000" in cases.without_effect(case, cases.build(case))


def test_inputs_are_exchanged() -> None:
    """The exchanged inputs hold each other's tensors, and the final captures keep both."""
    case = replace(
        SINGLES["inception_stretch/input_order.exchanged"], base=replace(BASES["inception_stretch"], count=2)
    )
    sides = cases.build(case).final_only()
    image = sides.reference.images[0]
    assert [s.name for s in sides.reference.stages] == ["before", "after"]
    crossed = sides.deployed.tensors["after"][image] - sides.reference.tensors["before"][image]
    straight = sides.deployed.tensors["before"][image] - sides.reference.tensors["before"][image]
    assert np.abs(crossed).mean() < 0.01 < np.abs(straight).mean()


def test_geometry_is_exact() -> None:
    """454x500 to short edge 256 is 256x281 in integers and 256x282 rounded; 256/166*166 in float32 is 255."""
    short = geometry.Geometry(mode="shorter", size=(256, 256), canvas=(224, 224))
    assert geometry.window(short, 454, 500).resized == (256, 281)
    assert geometry.window(replace(short, size_rounding="half_up"), 454, 500).resized == (256, 282)
    assert geometry.window(replace(short, size_rounding="float32_floor"), 166, 200).resized[0] == 255
    assert geometry.window(short, 454, 500).corner == (16, 28)
    assert geometry.window(replace(short, offset_rounding="ceil"), 454, 500).corner == (16, 29)
    letterbox = geometry.Geometry(mode="inside", size=(640, 640), canvas=(640, 640))
    assert geometry.window(letterbox, 480, 640).corner == (-80, 0)


def test_chains_of_norms_are_one_affine_map() -> None:
    """x/127.5 - 1 for x/255 is slope 2 and offset -1; raw pixels for x/255 are slope 255."""
    unit, inception = (Norm(scale=1 / 255),), (Norm(mean=(127.5,), std=(127.5,)),)
    assert inject.relative(unit, inception) == {
        "slope": pytest.approx([2.0] * 3),
        "offset": pytest.approx([-1.0] * 3),
    }
    assert inject.relative(unit, ())["slope"] == pytest.approx([255.0] * 3)
    assert inject.affine(())[0] == [1.0] * 3


def test_decoders_by_hand() -> None:
    """Nearest chroma equals the usual decoder where chroma is whole (within rounding), and differs where it is not."""
    for name, path in pictures.pool("plain").items():
        usual, nearest = decoders.pillow(path).astype(int), decoders.nearest_chroma(path).astype(int)
        whole = int(name.removeprefix("plain_")) % 4 == 3
        assert (np.abs(usual - nearest).max() <= 2) == whole
        if int(name.removeprefix("plain_")) > 6:
            return


def test_combinations_are_drawn_the_same_again_and_never_clash() -> None:
    """The same seed draws the same cases; faults of one case are of different families and change different parts."""
    drawn = [case.name for case in combinations.combinations(3, 40, 7)]
    assert drawn == [case.name for case in combinations.combinations(3, 40, 7)]
    assert len(set(drawn)) == 40
    by_name = {fault.name: fault for fault in inject.FAULTS}
    for name in drawn:
        parts = [by_name[part] for part in name.split("/", 1)[1].split("+")]
        assert len({part.family for part in parts}) == 3
        touched = Counter(t for part in parts for t in part.touches)
        assert max(touched.values()) == 1, name


def test_there_are_enough_cases() -> None:
    """At least five bases, 200 controls, and every public thread replayed or named with the reason why not."""
    assert len(BASES) >= 5
    equal = list(controls.controls())
    assert len({case.name for case in equal}) == len(equal) >= 200
    replayed = list(incidents.cases())
    assert len({case.name for case in replayed}) == len(replayed)
    assert len({case.link for case in replayed}) + len(incidents.NOT_REPLAYED) == 60
    assert all(case.link.startswith("https://github.com/") for case in replayed)


def _diagnosis(*families: str, verdict: str = "differs", stage: str = "resize", **parameters: object) -> Diagnosis:
    evidence = Evidence(undone="x", before=1.0, after=0.0, removed=1.0, images=3)
    causes = tuple(
        Cause(family=f, stage=stage, parameters=parameters, confidence=0.9, evidence=evidence, fix="", text="")
        for f in families
    )
    return Diagnosis(
        verdict=verdict, first_divergence=None, causes=causes, unexplained={"max": 0.0, "mean": 0.0},
        comparison=Comparison(stages=(), first_divergence=None), images=("a",), tolerance={}, reference="r", deployed="d",
    )  # fmt: skip


@pytest.fixture(scope="module")
def sides() -> cases.Sides:
    """Return both sides of one case, of two pictures."""
    case = SINGLES["imagenet_opencv/antialias.on"]
    return cases.build(replace(case, base=replace(case.base, count=2)))


def _judge(name: str, sides: cases.Sides, said: Diagnosis) -> scoring.Answer:
    return scoring.judge(SINGLES[name], "stages", sides, said, 0.1)


def test_single_faults_are_judged_by_what_is_named_first(sides: cases.Sides) -> None:
    """The right family first is right, also with more behind it; second, another or nothing is wrong; the stage counts."""
    name = "imagenet_opencv/antialias.on"
    right = _judge(name, sides, _diagnosis("antialias"))
    assert (right.right, right.complete, right.stage_right) == (True, True, True)
    more = _judge(name, sides, _diagnosis("antialias", "dtype"))
    assert (more.right, more.complete) == (True, False)
    assert not _judge(name, sides, _diagnosis("dtype", "antialias")).right
    assert not _judge(name, sides, _diagnosis(verdict="match")).right
    assert _judge(name, sides, _diagnosis("antialias", stage="fn.slice")).stage_right is False


def test_parameters_are_judged_within_one_percent(sides: cases.Sides) -> None:
    """A factor of 256 for 255 passes, 260 does not, none at all does not; fill values may be in either unit."""
    name = "incident/scale_missing.left_out"
    for factor, right in ((255.0, True), (256.0, True), (260.0, False)):
        assert _judge(name, sides, _diagnosis("scale_missing", factor=factor)).parameters_right is right
    assert _judge(name, sides, _diagnosis("scale_missing")).parameters_right is False
    name = "letterbox_640/padding_value.black"
    for reference in (114.0, [114 / 255] * 3):
        said = _diagnosis("padding_value", stage="pad", reference=reference, deployed=0.0)
        assert _judge(name, sides, said).parameters_right


def test_an_offset_of_nothing_is_judged_by_the_slope(sides: cases.Sides) -> None:
    """Exactly 0 passes for an offset of 4e-16; a hundredth of the slope still passes, a tenth does not."""
    name = "imagenet_opencv/mean_std_missing.std"
    slope = SINGLES[name].parameters["slope"]
    for offset, right in ((0.0, True), (0.009 * max(slope), True), (0.1 * max(slope), False)):
        said = _diagnosis("mean_std_missing", stage="normalize", slope=slope, offset=offset)
        assert _judge(name, sides, said).parameters_right is right


def test_a_control_with_any_cause_is_a_false_alarm(sides: cases.Sides) -> None:
    """Only the verdict ``match`` without a cause passes a control."""
    control = next(iter(controls.controls(1)))
    for said, right in (
        (_diagnosis(verdict="match"), True),
        (_diagnosis("dtype"), False),
        (_diagnosis(verdict="differs"), False),
        (_diagnosis(verdict="not_comparable"), False),
    ):
        assert scoring.judge(control, "stages", sides, said, 0.1).complete is right


def test_combinations_need_the_whole_set(sides: cases.Sides) -> None:
    """Both families and nothing else, in any order."""
    case = replace(SINGLES["imagenet_opencv/antialias.on"], kind="pair", expected=(frozenset({"antialias", "dtype"}),))
    for families, right in ((("dtype", "antialias"), True), (("antialias",), False)):
        assert scoring.judge(case, "stages", sides, _diagnosis(*families), 0.1).right is right
    said = _diagnosis("antialias", "dtype", "rounding")
    assert not scoring.judge(case, "stages", sides, said, 0.1).right


def test_the_summary_counts_failures(sides: cases.Sides) -> None:
    """Rates, false alarms and the confusion table hold wrong answers and errors, and leave void cases out."""
    good = _judge("imagenet_opencv/antialias.on", sides, _diagnosis("antialias"))
    bad = _judge("imagenet_opencv/antialias.on", sides, _diagnosis("dtype"))
    void = replace(bad, void="no effect")
    alarm = replace(bad, kind="control", complete=False, right=False)
    figures = scoring.summary([good, bad, bad, void, alarm])
    assert figures["single"]["stages"] == pytest.approx(1 / 3)
    assert figures["controls"]["false_alarms"] == 1
    assert figures["confusion"]["antialias (stages)"] == {"dtype": 2, "antialias": 1}
    assert len(figures["void"]) == 1


def test_injection_knows_nothing_of_the_diagnosis() -> None:
    """Only the runner and the judge import the diagnosis, and the judge only its words."""
    allowed = {
        "faults.py": {"pixelparity.diagnosis"},
        "speed.py": {"pixelparity.diagnosis"},
        "scoring.py": {"pixelparity.diagnosis.results"},
    }
    # the zoo, the noise and the hostile inputs measure the package itself; they inject nothing
    folder = ROOT / "benchmarks"
    apart = {folder / "zoo.py", folder / "noise.py", *(folder / "fuzz").rglob("*.py")}
    for path in sorted(set(folder.rglob("*.py")) - apart):
        file = path.name
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module:
                found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
            elif isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
        seen = {name for name in found if name.startswith("pixelparity.diagnosis")}
        words = {name for name in seen if name.startswith("pixelparity.diagnosis.results")}
        assert seen - words <= allowed.get(file, set()), file


def test_a_case_can_be_dumped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Both captures of a case are saved, readable, and the right answer is printed."""
    faults.main(["--only", "single", "--dump", "inception_stretch/antialias.on", str(tmp_path)])
    assert "[['antialias']]" in capsys.readouterr().out
    assert stages.load(tmp_path / "reference").images == stages.load(tmp_path / "deployed").images
    with pytest.raises(SystemExit, match="no case"):
        faults.main(["--only", "single", "--dump", "nothing", str(tmp_path)])


@pytest.mark.parametrize(
    "name",
    [
        "imagenet_opencv/mean_std_missing.both",
        "inception_stretch/antialias.on",
        "imagenet_pillow/channel_order.decoded",
    ],
)
def test_plain_cases_are_named(name: str) -> None:
    """From end to end: a loud, a quiet and a swapped case are built, diagnosed in both situations, and named."""
    answers = faults.ask((SINGLES[name], 0, ["stages", "tensors"]))
    assert [(a.situation, a.right, a.said) for a in answers if not a.right] == []


def test_an_equal_pair_is_not_accused() -> None:
    """From end to end: a control is diagnosed in both situations and nothing is named."""
    control = next(case for case in controls.controls() if case.name.startswith("imagenet_opencv"))
    assert [(a.situation, a.said) for a in faults.ask((control, 0, ["stages", "tensors"])) if not a.complete] == []


def test_a_run_prints_its_tables_and_writes_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command line runs chosen cases in processes of its own, prints rates and failures, and writes all figures."""
    out = tmp_path / "bench" / "faults.json"
    chosen = ["--only", "single", "--base", "imagenet_opencv", "--family", "mean_std_missing", "--cases", "1"]
    faults.main([*chosen, "--jobs", "1", "--out", str(out)])
    figures = json.loads(out.read_text())
    assert {"single", "pairs", "triples", "controls", "incidents", "right_stage", "confusion"} <= figures.keys()
    assert figures["cases"] == {f"single, {situation}": 1 for situation in ("stages", "pictures", "tensors")}
    assert "mean_std_missing" in capsys.readouterr().out


def test_a_part_never_takes_the_place_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without --out, only a run of all cases writes the file that the README speaks of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(faults, "run", lambda options: [])
    monkeypatch.setattr(faults.speed, "measure", dict)
    faults.main(["--cases", "3"])
    assert not faults.OUT.exists()
    assert faults.PART.exists()
    faults.main([])
    assert faults.OUT.exists()


def test_polygraphy_sees_the_same_pairs() -> None:
    """Polygraphy is shown every pair of stages that do the same, and calls the incident's sides different, equal ones equal."""
    shown = speed.sides(1)
    assert [pair["deployed"] for pair in speed._pairs(shown)] == [stage.name for stage in shown.deployed.stages]
    speed.polygraphy(shown.final_only())
    with pytest.raises(AssertionError, match="took the two sides for equal"):
        speed.polygraphy(cases.Sides(reference=shown.reference, deployed=shown.reference).final_only())


def test_growth_is_time_per_picture() -> None:
    """Twice the time for four times the pictures is half the time per picture."""
    seconds = {"16": {"stages": 1.0, "tensors": 1.0}, "64": {"stages": 2.0, "tensors": 4.0}}
    assert speed._growth(seconds) == {"stages": 0.5, "tensors": 1.0}
