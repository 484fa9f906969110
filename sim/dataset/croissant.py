"""``croissant.json``: the dataset described in MLCommons Croissant 1.0 (JSON-LD).

Records are the lines of the manifest; the shards are a file set beside them.  The text follows
from dataset.json alone, so that verify can make it again and compare.
"""

from __future__ import annotations

import json
from typing import Any

from sim.dataset import layout

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
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

#: Manifest fields offered as record fields: (name, type, description).
_FIELDS = (
    ("image_id", "sc:Text", "Name of the image."),
    ("structure_id", "sc:Text", "Structure that was imaged."),
    ("geometry", "sc:Text", "Class of the structure."),
    ("split", "sc:Text", "train, validation or test."),
    ("shard", "sc:Integer", "Number of the shard file that holds the image."),
    ("index", "sc:Integer", "Position of the image in its shard."),
    ("job_sha256", "sc:Text", "Hash of the image's fully resolved settings."),
)


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
                "description": "HDF5 files with images, noise-free expectations, labels and tables.",
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
                "field": [_field(*field) for field in _FIELDS],
            }
        ],
    }
    return (json.dumps(tree, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _field(name: str, kind: str, about: str) -> dict[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"images/{name}",
        "name": name,
        "description": about,
        "dataType": kind,
        "source": {"fileObject": {"@id": layout.MANIFEST}, "extract": {"column": name}},
    }


def _licence(name: str) -> str:
    """An SPDX identifier as the address of its text; anything else as it is."""
    if not name:
        return "https://choosealicense.com/no-permission/"
    return name if "/" in name or " " in name else f"https://spdx.org/licenses/{name}.html"
