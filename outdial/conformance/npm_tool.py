"""Command-line tools from npm, each installed once into build/npm/ at the version that the caller names."""

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

INSTALLED = Path("build/npm")
INSTALL_SECONDS = 300


class ToolMissing(Exception):
    """The tool is not here and cannot be installed; the message says why and what to do."""

    exit_code: ClassVar = 2


@dataclass(frozen=True, slots=True)
class NpmTool:
    """One package from npm, and the command that it brings."""

    package: str
    version: str
    command: str

    def path(self) -> Path:
        """The command, installed first where it is missing. Raises `ToolMissing`."""
        folder = INSTALLED / f"{self.command}-{self.version}"
        command = folder / "node_modules" / ".bin" / self.command
        if not command.exists():
            self._install(folder)
        return command

    def _install(self, folder: Path) -> None:
        npm = shutil.which("npm")
        if npm is None:
            raise ToolMissing(f"{self.package} needs Node.js 20 or newer with npm, and there is no npm on the PATH")
        folder.mkdir(parents=True, exist_ok=True)
        options = ["--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=0", "--prefix", str(folder)]
        try:
            ended = subprocess.run(
                [npm, "install", *options, f"{self.package}@{self.version}"],
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ToolMissing(f"npm did not install {self.package} within {INSTALL_SECONDS} s") from None
        if ended.returncode:
            said = " ".join(ended.stderr.split()[:30])
            raise ToolMissing(f"npm cannot install {self.package}@{self.version} (is it offline?): {said}")
