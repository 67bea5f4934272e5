"""Models that several pages load: trained first, and once.

A page that needs one waits for nothing then, and no worker waits for another's lock.
To the pipeline such a model is a page of one cell that nobody reads: it runs as pages
do, under a content key, and what it leaves is in the memo.
"""

import re
import sys
from collections.abc import Mapping
from typing import Any

MODELS = {
    "digits.model": "digits",
    "digits.early": "digits",
    "digits.judge": "digits",
    "digit_classifiers.informed": "digit_classifiers",
    "digit_classifiers.blind": "digit_classifiers",
    "digit_classifiers.clean": "digit_classifiers",
    "writers.autoregressive": "language.writers",
    "writers.masked": "language.writers",
    "writers.multinomial": "language.writers",
    "writers.embedded": "language.writers",
    "readers.recurrent": "language.readers",
}
"""What each is called on pages, `digits.model(run)`, and the module that trains it."""
FIXED = {"digits.judge", "readers.recurrent"}
"""Those that are the same under every seed, since they measure."""
FOLDER = "shared/"
PACKAGE = "gendiff.studies"
"""Where the modules are."""
TEXT = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
# {model}

```{{code-cell}} ipython3
:tags: [parameters]

preset: str = "smoke"
seed: int = 0
overrides: dict = {{}}
```

```{{code-cell}} ipython3
from gendiff import book
from {home} import {module}

run = book.start("{model}", preset=preset, seed=seed, overrides=overrides)
{model}(run);
```
"""


def needs(text: str) -> list[str]:
    """Return the names of the shared models that a page's text loads.

    >>> needs("net, judge = digits.model(run), digits.judge(run)")
    ['shared/digits.model', 'shared/digits.judge']
    """
    return [
        f"{FOLDER}{model}"
        for model in MODELS
        if re.search(rf"\b{re.escape(model)}\(run\)", text)
    ]


def seed(name: str, root: int) -> int:
    """Return the seed under which a model is trained for pages of a root seed.

    >>> seed("shared/digits.model", 7), seed("shared/digits.judge", 7)
    (7, 0)
    """
    return 0 if name.removeprefix(FOLDER) in FIXED else root


def overrides(module: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return those overrides that concern the sizes of one module's models.

    >>> overrides("digits", {"samples": 500, "digits.updates": 100})
    {'digits.updates': 100}
    """
    return {name: new for name, new in given.items() if name.startswith(f"{module}.")}


def concerning(page: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the overrides that a page gets: one that trains a model, the model's."""
    model = page.removeprefix(FOLDER)
    return given if model == page else overrides(MODELS[model], given)


def tables() -> dict[str, Mapping[str, Any]]:
    """Return, by module, the sizes of the models that this process has imported.

    What a page does not import, it does not use: it has no such sizes to change.
    """
    modules = dict.fromkeys(MODELS.values())
    found = {name: sys.modules.get(f"{PACKAGE}.{name}") for name in modules}
    return {name: module.SIZES for name, module in found.items() if module is not None}


def text(name: str) -> str | None:
    """Return the page that trains a shared model, or nothing if it is no such name."""
    model = name.removeprefix(FOLDER)
    if name == model or model not in MODELS:
        return None
    home, _, module = f"{PACKAGE}.{MODELS[model]}".rpartition(".")
    return TEXT.format(model=model, home=home, module=module)
