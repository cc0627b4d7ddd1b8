"""Print the README's lines of Python: `make lint` checks their types, a test runs them.

python -m tools.readme_lines
"""

import re
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def lines() -> str:
    return "\n".join(re.findall(r"^```python\n(.*?)^```", README.read_text(encoding="utf-8"), re.M | re.S))


if __name__ == "__main__":
    print(lines())
