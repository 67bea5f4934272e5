"""Python without what it says to readers only: comments, docstrings, blank lines.

What remains is the text as it was written, so that it is the same under every version
of Python, which `ast.unparse` is not.
"""

import io
import re
import tokenize
from collections.abc import Iterator
from tokenize import TokenInfo

READS = re.compile(r"__doc__|\b(getdoc|getcomments|getsource|getsourcelines)\b")
"""With these, code asks at run time for what is left out here."""
SILENT = {tokenize.INDENT, tokenize.DEDENT, tokenize.NEWLINE, tokenize.NL}
PLAIN = re.compile(r"[rRuU]?['\"]")


def bare(text: str) -> str:
    """Return code without comments, docstrings and blank lines.

    A docstring is any text that stands alone, be it the first statement or, behind a
    constant, what that means. Code that cannot be read stays as it is.
    """
    lines = text.splitlines(keepends=True)
    try:
        for tokens in statements(text):
            said = [token for token in tokens if token.type not in SILENT]
            if said and all(alone(token) for token in said):
                for row in range(tokens[0].start[0], tokens[-1].end[0] + 1):
                    lines[row - 1] = ""
            for token in tokens:
                row, column = token.start
                if token.type == tokenize.COMMENT:
                    lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
                if token.type == tokenize.NL and not lines[row - 1][:column].strip():
                    lines[row - 1] = ""
    except (tokenize.TokenError, SyntaxError):
        return text
    return "".join(lines)


def statements(text: str) -> Iterator[list[TokenInfo]]:
    """Yield the tokens of each statement, with the comments that stand above it."""
    tokens: list[TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        tokens.append(token)
        if token.type == tokenize.NEWLINE:
            yield tokens
            tokens = []
    yield tokens


def alone(token: TokenInfo) -> bool:
    """Tell whether a token computes nothing: a comment, or a text without holes."""
    text = token.type == tokenize.STRING and PLAIN.match(token.string)
    return token.type == tokenize.COMMENT or bool(text)


def reads(code: str) -> bool:
    """Tell whether code may ask at run time for docstrings, comments or sources."""
    return bool(READS.search(code))
