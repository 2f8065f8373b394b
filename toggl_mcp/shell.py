"""How a person's shell sets environment variables: the lines that `toggl-mcp check` gives them to copy."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from shlex import quote
from typing import Literal, NamedTuple


class Shell(NamedTuple):
    """A shell, and the environment that it started this process with."""

    name: Literal["bash", "zsh", "fish", "powershell"]
    environment: Mapping[str, str]

    @classmethod
    def of(cls, environment: Mapping[str, str], platform: str) -> "Shell":
        """Return the shell that the environment names; else PowerShell on Windows, and bash elsewhere."""
        match PurePosixPath(environment.get("SHELL", "")).name:
            case ("bash" | "zsh" | "fish") as name:
                return cls(name, environment)
            case _:
                return cls("powershell" if platform == "win32" else "bash", environment)

    def set_line(self, variable: str, value: str) -> str:
        """Return the line that sets a variable, for this shell and what it starts."""
        match self.name:
            case "fish":
                return f"set -gx {variable} {quote(value)}"
            case "powershell":
                return f"$env:{variable} = '{value.replace(chr(39), chr(39) * 2)}'"
            case _:
                return f"export {variable}={quote(value)}"

    def unset_line(self, variable: str) -> str:
        """Return the line that removes a variable."""
        match self.name:
            case "fish":
                return f"set -e {variable}"
            case "powershell":
                return f"Remove-Item Env:{variable}"
            case _:
                return f"unset {variable}"

    def read_line(self, variable: str) -> str:
        """Return the line that reads a variable from the keyboard: a typed command stays in the shell's history."""
        match self.name:
            case "fish":
                return f"read -gxs {variable}"
            case "powershell":
                return f"$env:{variable} = Read-Host '{variable}'"
            case _:
                return f"read -rs {variable} && export {variable}"
