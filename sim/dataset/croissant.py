"""``croissant.json``: the dataset described in MLCommons Croissant 1.0 (JSON-LD).

Records are the lines of the manifest; the shards are a file set beside them.  The text follows
from dataset.json alone, so that verify can make it again and compare.
"""

from __future__ import annotations

import json
from typing import Any

from sim.dataset import layout
from sim.dataset.samples import JOB_COLUMNS

_CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

#: Fields of the manifest's lines: (name, type, description).
_FIELDS = (
    ("image_id", "sc:Text", "Name of the image."),
    ("structure_id", "sc:Text", "Structure that was imaged."),
    ("geometry", "sc:Text", "Geometry of the structure."),
    ("split", "sc:Text", "train, validation or test."),
    ("shard", "sc:Integer", "Number of the shard file that holds the image."),
    ("index", "sc:Integer", "Position of the image in its shard."),
    ("job_sha256", "sc:Text", "Hash of the image's fully resolved settings."),
)
#: Fields of the job.  The seeds have 64 bits: as fields of their own they would be read as rounded floats.
_JOB_FIELDS = (
    ("class_name", "sc:Text", "Class of the image."),
    ("orientation_seed", "sc:Text", "Key of the random orientation, a whole number of up to 64 bits."),
    ("noise_seed", "sc:Text", "Key of scan and noise, a whole number of up to 64 bits."),
)
#: What simulation_params may hold beside the varied settings.
_PARAMETERS = (
    ("sigma", "sc:Float", "Standard deviation of an atom's spot (Å)."),
    ("alpha", "sc:Float", "Exponent or amplitude of an atom's spot, as imaging.mode says."),
    ("pixel_size", "sc:Float", "Pixel size (Å)."),
    ("noise_preset", "sc:Text", "Noise preset."),
)
#: Truths that are described in words; others by their name and unit.
_TRUTHS = {"quaternion": "Orientation as a unit quaternion (w, x, y, z), active, specimen to laboratory."}
#: Kinds of sample columns as data types.
_TYPES = {
    "text": "sc:Text",
    "bool": "sc:Boolean",
    "int": "sc:Integer",
    "uint": "sc:Integer",
    "float": "sc:Float",
}


def croissant_document(document: dict[str, Any]) -> bytes:
    """The Croissant file of a dataset, from the content of its dataset.json."""
    manifest = document["files"][layout.MANIFEST]
    tree = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": document["name"] or "nanophantom-dataset",
        "description": document["description"]
        or "Synthetic electron-microscopy images of nanoparticles with exact ground truth.",
        "alternateName": document["dataset_version"],
        "version": "1.0.0",
        "license": _licence(document["licence"]),
        "citeAs": document["citation"] or f"Made with Nanophantom {document['software']['version']}.",
        "datePublished": document["created_at"][:10],
        "creator": {"@type": "sc:Organization", "name": "Nanophantom"},
        "identifier": f"sha256:{document['content_sha256']}",
        "distribution": [
            {
                "@type": "cr:FileObject",
                "@id": layout.MANIFEST,
                "name": layout.MANIFEST,
                "description": "One line an image: settings, truth, where it lies, hashes.",
                "contentUrl": layout.MANIFEST,
                "contentSize": f"{manifest['bytes']} B",
                "encodingFormat": "application/jsonlines",
                "sha256": manifest["sha256"],
            },
            {
                "@type": "cr:FileSet",
                "@id": "shards",
                "name": "shards",
                "description": _shards_text(document),
                "encodingFormat": "application/x-hdf5",
                "includes": f"{layout.SHARDS}/*.h5",
            },
        ],
        "recordSet": [
            {
                "@type": "cr:RecordSet",
                "@id": "images",
                "name": "images",
                "description": f"{document['images']} images.",
                "key": {"@id": "images/image_id"},
                "field": _fields(document),
            }
        ],
    }
    return (json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _shards_text(document: dict[str, Any]) -> str:
    """What the shards hold, with every further array."""
    text = "HDF5 files with images, noise-free expectations, labels and tables."
    forms = {item["name"]: item for item in document["arrays"]}
    extras = [
        f"{name} ({', '.join(map(str, facts['shape']))}) {forms[name]['dtype']}"
        + (f" in {facts['units']}" if facts["units"] else "")
        for name, facts in document["form"].get("extras", {}).items()
    ]
    return f"{text} Further arrays of every image: {'; '.join(extras)}." if extras else text


def _fields(document: dict[str, Any]) -> list[dict[str, Any]]:
    """Everything a line says of its image that is a value."""
    fields = [_field(name, kind, about, name) for name, kind, about in _FIELDS]
    fields += [_field(name, kind, about, "job", name) for name, kind, about in _JOB_FIELDS]
    columns, imaging = document["columns"], document["recipe"].get("imaging", {})
    for name, kind, about in _PARAMETERS:
        if name in imaging or name in ("pixel_size", "noise_preset"):
            fields.append(_field(f"simulation_params/{name}", kind, about, "simulation_params", name))
    fixed = {*JOB_COLUMNS, "pixel_size"}
    for name, facts in columns.items():
        # Varied settings go by their path; no truth has a dot in its name.
        source = "simulation_params" if "." in name else "truth"
        if name not in fixed:
            about = _TRUTHS.get(name, "Varied setting." if "." in name else "Truth of the image.")
            about += f" Unit: {facts['unit']}." if facts["unit"] else ""
            kind = _TYPES[facts["kind"].rstrip("0123456789")]
            fields.append(_field(f"{source}/{name}", kind, about, source, name, bool(facts["length"])))
    return fields


def _field(
    name: str, kind: str, about: str, column: str, key: str = "", repeated: bool = False
) -> dict[str, Any]:
    """A field that is a column of the manifest, or one entry of a column of mappings."""
    source: dict[str, Any] = {"fileObject": {"@id": layout.MANIFEST}, "extract": {"column": column}}
    if key:
        source["transform"] = {"jsonPath": f"$['{key}']"}
    return {
        "@type": "cr:Field",
        "@id": f"images/{name}",
        "name": name,
        "description": about,
        "dataType": kind,
        **({"repeated": True} if repeated else {}),
        "source": source,
    }


def _licence(name: str) -> str:
    """An SPDX identifier as the address of its text; anything else as it is."""
    if not name:
        return "https://choosealicense.com/no-permission/"
    return name if "/" in name or " " in name else f"https://spdx.org/licenses/{name}.html"
