"""Exports against the dataset they came from, read back by other means."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
import tifffile
from dataset_fakes import fake_plan, fake_render
from PIL import Image

from sim.core.errors import InputError, IntegrityError
from sim.dataset.export.annotations import (
    bounding_box,
    coco_annotation,
    particles,
    region,
    run_lengths,
    yolo_line,
)
from sim.dataset.export.export import export_dataset
from sim.dataset.export.images import write_image, write_tiff
from sim.dataset.export.scaling import percentile_scaled, standardised
from sim.dataset.run import generate_dataset

ALL = ("npy", "tiff", "png", "coco", "yolo")


def samples(split):
    plan = fake_plan()
    jobs = [plan[index] for index in range(len(plan))]
    return [(job, fake_render(job, {}, lambda: None)) for job in jobs if job.split == split]


def table(path):
    with path.open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.fixture(scope="module")
def exported(pristine, tmp_path_factory):
    output = tmp_path_factory.mktemp("export") / "all"
    made = export_dataset(pristine.directory, output, ALL)
    assert made.images == 23 and made.splits == {"train": 12, "validation": 6, "test": 5}
    assert made.warnings == ()
    return output


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_npy_stacks_hold_the_images_of_their_split_in_order(exported, split):
    expected = samples(split)
    for name, part in (
        ("images", lambda sample: sample.image),
        ("clean", lambda sample: sample.clean),
        ("particle_mask", lambda sample: sample.labels["particle_mask"]),
    ):
        stack = np.load(exported / "npy" / split / f"{name}.npy", mmap_mode="r")
        values = np.stack([part(sample) for _, sample in expected])
        assert stack.dtype == values.dtype
        np.testing.assert_array_equal(stack, values)


def test_the_sample_table_has_a_row_an_image(exported):
    rows = table(exported / "samples.csv")
    assert [item["image_id"] for item in rows] == [fake_plan()[index].image_id for index in range(23)]
    assert rows[4]["index_in_split"] == "2" and rows[4]["split"] == "train"
    assert [rows[7][f"quaternion_{k}"] for k in range(4)] == ["0.5", "0.5", "-0.5", "2.0"]


def test_tiff_files_carry_counts_and_calibration(exported):
    job, sample = samples("test")[1]
    with tifffile.TiffFile(exported / "tiff/test" / f"{job.image_id}.tif") as file:
        np.testing.assert_array_equal(file.asarray(), sample.image)
        assert file.asarray().dtype == np.uint16
        assert file.is_imagej and file.imagej_metadata["unit"] == "nm"
        numerator, denominator = file.pages[0].tags["XResolution"].value
        assert denominator / numerator == pytest.approx(0.02, rel=1e-6)  # nm a pixel
        assert "DateTime" not in file.pages[0].tags


def test_32_bit_counts_become_calibrated_ome_tiff(tmp_path):
    image = np.arange(12, dtype=np.uint32).reshape(3, 4) + 2**31
    with (tmp_path / "x.tif").open("wb") as stream:
        write_tiff(stream, image, 0.25)
    with tifffile.TiffFile(tmp_path / "x.tif") as file:
        np.testing.assert_array_equal(file.asarray(), image)
        assert 'PhysicalSizeX="0.025"' in file.ome_metadata and 'PhysicalSizeXUnit="nm"' in file.ome_metadata


def test_png_previews_state_their_levels(exported):
    job, sample = samples("train")[3]
    with Image.open(exported / "images/train" / f"{job.image_id}.png") as picture:
        grey = np.asarray(picture)
        black, white = float(picture.text["black"]), float(picture.text["white"])
    assert grey.dtype == np.uint8
    restored = black + grey.astype(float) / 255 * (white - black)
    inside = (sample.image > black) & (sample.image < white)
    assert inside.mean() > 0.9
    assert np.abs(restored - sample.image)[inside].max() <= 0.51 * (white - black) / 255
    row = next(item for item in table(exported / "levels.csv") if item["image_id"] == job.image_id)
    assert (float(row["black"]), float(row["white"])) == (black, white)


def test_coco_masks_decode_to_the_masks(exported):
    """Decoded as COCO defines uncompressed RLE: runs of 0 and 1 in turn, down the columns."""
    tree = json.loads((exported / "annotations/validation.json").read_text())
    expected = samples("validation")
    names = {item["id"]: item["name"] for item in tree["categories"]}
    assert len(tree["images"]) == len(tree["annotations"]) == 6
    for image, annotation, (job, sample) in zip(tree["images"], tree["annotations"], expected, strict=True):
        assert image["file_name"] == f"validation/{job.image_id}.png"
        assert (exported / "images" / image["file_name"]).is_file()
        assert names[annotation["category_id"]] == job.class_name
        values = [
            bit
            for number, length in enumerate(annotation["segmentation"]["counts"])
            for bit in [number % 2] * length
        ]
        height, width = annotation["segmentation"]["size"]
        mask = np.array(values).reshape(width, height).T
        np.testing.assert_array_equal(mask, sample.labels["particle_mask"])
        assert annotation["area"] == mask.sum()


def test_yolo_labels_stand_beside_their_images(exported):
    lines = (exported / "data.yaml").read_text().splitlines()
    assert 'names: ["decahedron", "icosahedron", "wire"]' in lines and "val: images/validation" in lines
    for path in (exported / "images").rglob("*.png"):
        assert (exported / "labels" / path.parent.name / f"{path.stem}.txt").is_file()


def test_data_yaml_names_only_folders_that_exist_and_no_root(exported):
    """A trainer looks beside data.yaml if there is no ``path``; ``.`` would be its own folder."""
    lines = dict(line.split(": ", 1) for line in (exported / "data.yaml").read_text().splitlines())
    assert set(lines) == {"train", "val", "test", "nc", "names"}
    assert all((exported / lines[key]).is_dir() for key in ("train", "val", "test"))


def test_splits_without_images_are_left_out_of_data_yaml_with_a_warning(tmp_path):
    made = generate_dataset(fake_plan(images=2), tmp_path / "d", render=fake_render)
    done = export_dataset(made.directory, tmp_path / "out", ("yolo",))
    assert done.splits == {"train": 2, "validation": 0, "test": 0}
    keys = [line.partition(":")[0] for line in (tmp_path / "out/data.yaml").read_text().splitlines()]
    assert keys == ["train", "nc", "names"]
    (warning,) = done.warnings
    assert "split validation has no images" in warning and "without val" in warning
    assert json.loads((tmp_path / "out/export.json").read_text())["warnings"] == [warning]
    assert export_dataset(made.directory, tmp_path / "other", ("coco",)).warnings == ()


@pytest.mark.parametrize("method", ["none", "standardise", "percentile"])
def test_the_report_says_how_images_were_scaled(pristine, tmp_path, method):
    export_dataset(pristine.directory, tmp_path / "out", ("npy",), standardise=method)
    report = json.loads((tmp_path / "out/export.json").read_text())
    assert report["scale"] == method and "standardise" not in report


def test_boxes_of_an_asymmetric_mask():
    """Rows count from the top: a mask in the upper right corner has a small y and a large x."""
    mask = np.zeros((10, 20), np.uint8)
    mask[1:3, 14:19] = 1
    found = region(mask)
    assert bounding_box(found) == (14, 1, 5, 2)
    assert yolo_line(2, found) == "2 0.825000 0.200000 0.250000 0.200000\n"
    assert run_lengths(found) == [141, 2, 8, 2, 8, 2, 8, 2, 8, 2, 17]
    assert run_lengths(region(np.ones((2, 2)))) == [0, 4]
    none = region(np.zeros((3, 3)))
    assert bounding_box(none) is None and yolo_line(0, none) == "" and run_lengths(none) == [9]


def test_particles_of_an_instance_map_are_those_of_their_masks():
    """Numbers with gaps, parts that do not hang together, particles at the corners."""
    numbers = np.random.default_rng(2).choice([0, 2, 3, 700], (9, 14), p=[0.4, 0.3, 0.2, 0.1])
    numbers[0, 0], numbers[-1, -1] = 3, 2
    found = particles(numbers.astype(np.uint16))
    assert len(found) == 3
    for number, one in zip((2, 3, 700), found, strict=True):
        mask = numbers == number
        rows, columns = np.nonzero(mask)
        box = (columns.min(), rows.min(), np.ptp(columns) + 1, np.ptp(rows) + 1)
        entry = coco_annotation(1, 1, 1, one)
        assert entry["bbox"] == list(box) and entry["area"] == mask.sum()
        decoded = np.repeat(
            np.arange(len(entry["segmentation"]["counts"])) % 2, entry["segmentation"]["counts"]
        )
        np.testing.assert_array_equal(decoded.reshape(14, 9).T, mask)
    (none,) = particles(np.zeros((9, 14), dtype=np.uint16))
    assert none.shape == (9, 14) and coco_annotation(1, 1, 1, none) is None


@pytest.mark.parametrize("method", ["standardise", "percentile"])
def test_scaled_images_can_be_taken_back_with_their_constants(pristine, tmp_path, method):
    export_dataset(pristine.directory, tmp_path / "out", ("npy", "tiff"), standardise=method)
    stack = np.load(tmp_path / "out/npy/train/images.npy")
    assert stack.dtype == np.float32
    constants = [row for row in table(tmp_path / "out/scaling.csv") if row["split"] == "train"]
    for scaled, row, (job, sample) in zip(stack, constants, samples("train"), strict=True):
        assert row["image_id"] == job.image_id and row["method"] == method
        values = sample.image.astype(float)
        if method == "standardise":
            assert abs(scaled.mean()) < 1e-6 and scaled.std() == pytest.approx(1.0, abs=1e-6)
            assert float(row["offset"]) == pytest.approx(values.mean()) and float(
                row["scale"]
            ) == pytest.approx(values.std())
        else:
            low, high = np.percentile(values, [1, 99])
            assert float(row["offset"]) == pytest.approx(low) and float(row["scale"]) == pytest.approx(
                high - low
            )
            assert scaled.min() == 0.0 and scaled.max() == 1.0
        restored = scaled * float(row["scale"]) + float(row["offset"])
        inside = (scaled > 0) & (scaled < 1) if method == "percentile" else np.ones_like(scaled, bool)
        np.testing.assert_allclose(restored[inside], values[inside], atol=1e-3)
        np.testing.assert_array_equal(
            tifffile.imread(tmp_path / "out/tiff/train" / f"{job.image_id}.tif"), scaled
        )


def test_flat_images_scale_to_zero_without_dividing_by_it():
    flat = np.full((4, 4), 7, np.uint16)
    assert standardised(flat).apply(flat).tolist() == np.zeros((4, 4)).tolist()
    assert percentile_scaled(flat, 1, 99).apply(flat).tolist() == np.zeros((4, 4)).tolist()


def test_exports_are_deterministic(pristine, exported, tmp_path):
    export_dataset(pristine.directory, tmp_path / "again", ALL)
    first = sorted(path.relative_to(exported) for path in exported.rglob("*") if path.is_file())
    assert first == sorted(
        path.relative_to(tmp_path / "again") for path in (tmp_path / "again").rglob("*") if path.is_file()
    )
    for path in first:
        assert (exported / path).read_bytes() == (tmp_path / "again" / path).read_bytes(), path


def test_a_changed_pixel_is_not_exported(damaged, tmp_path):
    """Nor from a shard whose own hash was made to fit."""
    import h5py

    from sim.dataset.durable import file_sha256

    with h5py.File(damaged / "shards/000001.h5", "r+") as file:
        file["dataset/images/data"][2, 3, 4] += 1
    with pytest.raises(IntegrityError, match=r"000001\.h5: was changed"):
        export_dataset(damaged, tmp_path / "first", ("npy",))
    document = json.loads((damaged / "dataset.json").read_text())
    path = damaged / "shards/000001.h5"
    document["shards"][1].update(bytes=path.stat().st_size, sha256=file_sha256(path))
    (damaged / "dataset.json").write_text(json.dumps(document))
    with pytest.raises(IntegrityError, match="images of icosahedron_00007 differs"):
        export_dataset(damaged, tmp_path / "out", ("npy",))
    assert not (tmp_path / "out/export.json").exists()
    assert not list((tmp_path / "out").rglob("*.npy"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"formats": ("tif",)}, "did you mean 'tiff'"),
        ({"formats": ()}, "is empty"),
        ({"standardise": "standardize"}, "did you mean 'standardise'"),
    ],
)
def test_unknown_words_are_refused(pristine, tmp_path, options, sentence):
    with pytest.raises(InputError, match=sentence):
        export_dataset(pristine.directory, tmp_path / "out", **{"formats": ("npy",), **options})
    assert not (tmp_path / "out").exists()


def test_output_folders_in_use_are_refused(damaged, tmp_path):
    (tmp_path / "used").mkdir()
    (tmp_path / "used/thesis.txt").write_text("x")
    with pytest.raises(InputError, match="is not empty"):
        export_dataset(damaged, tmp_path / "used")
    with pytest.raises(InputError, match="inside the dataset"):
        export_dataset(damaged, damaged / "export")
    with pytest.raises(InputError, match="is a file"):
        export_dataset(damaged, tmp_path / "used/thesis.txt")


def test_masks_that_are_not_there_are_named(tmp_path):
    from dataclasses import replace

    def render(job, structures, cancel):
        return replace(fake_render(job, structures, cancel), labels={})

    generate_dataset(fake_plan(images=4), tmp_path / "d", render=render)
    with pytest.raises(InputError, match="need the label particle_mask"):
        export_dataset(tmp_path / "d", tmp_path / "out", ("yolo",))


def test_image_ids_cannot_lead_elsewhere(damaged, tmp_path):
    manifest = damaged / "manifest.jsonl"
    manifest.write_text(manifest.read_text().replace("decahedron_00006", "../../../escaped"))
    with pytest.raises(IntegrityError, match="cannot be a file name"):
        export_dataset(damaged, tmp_path / "out", ("png",))


@pytest.mark.parametrize("suffix", [".npy", ".png", ".tif"])
def test_one_image_can_be_written_by_its_suffix(tmp_path, suffix):
    image = np.arange(20, dtype=np.uint16).reshape(4, 5)
    path = tmp_path / f"x{suffix}"
    write_image(path, image, 0.2)
    if suffix == ".npy":
        np.testing.assert_array_equal(np.load(path), image)
    elif suffix == ".tif":
        np.testing.assert_array_equal(tifffile.imread(path), image)
    else:
        assert np.asarray(Image.open(path)).argmax() == 19


def test_unknown_suffixes_and_places_are_refused(tmp_path):
    with pytest.raises(InputError, match="no image format"):
        write_image(tmp_path / "x.jpg", np.zeros((2, 2)), 0.2)
    with pytest.raises(InputError, match="cannot be written"):
        write_image(tmp_path / "nothing/x.npy", np.zeros((2, 2)), 0.2)
