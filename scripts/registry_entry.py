"""Write the entry of a release for the registry of MCP servers, from server.json and what was built.

`python scripts/registry_entry.py BUNDLE [IMAGE] > entry.json`: the bundle as the release of this version offers it,
with its digest, and the image with its tag, if there is one.
"""

import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def make_entry(bundle: Path, image: str | None) -> dict[str, Any]:
    """Return server.json with the packages that exist only once a release is built."""
    entry: dict[str, Any] = json.loads((ROOT / "server.json").read_text("utf-8"))
    (package,) = entry["packages"]
    shared = {"transport": package["transport"], "environmentVariables": package["environmentVariables"]}
    release = f"{entry['repository']['url']}/releases/download/v{entry['version']}"
    entry["packages"].append(
        {
            "registryType": "mcpb",
            "identifier": f"{release}/{bundle.name}",
            "fileSha256": sha256(bundle.read_bytes()).hexdigest(),
            **shared,
        }
    )
    if image:
        arguments = [{"type": "positional", "value": "serve"}]  # The image serves HTTP, if it is not told otherwise.
        entry["packages"].append({"registryType": "oci", "identifier": image, "packageArguments": arguments, **shared})
    return entry


if __name__ == "__main__":
    bundle_path, *images = sys.argv[1:]
    sys.stdout.write(json.dumps(make_entry(Path(bundle_path), next(iter(images), None)), indent=2) + "\n")
