"""`python3 -m tools.devenv COMMAND`: what the Makefile calls."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys

from . import checks, databases, debian, odoo_source, postgres, python_env, server, settings, suites
from .console import Problem, fail, say


def set_up(_options=None, tests=False):
    """Have everything that Odoo needs: packages, Odoo, Python, PostgreSQL."""
    debian.ensure(tests)
    path = odoo_source.ensure()
    python_env.ensure(path)
    postgres.ensure()
    databases.write_configuration()


def demo(options):
    set_up()
    server.demo(options.port)


def stop(_options):
    server.stop()
    postgres.stop()


def clean(_options):
    if not settings.HOME.exists():
        say("There is nothing to remove.")
        return
    stop(_options)
    shutil.rmtree(settings.HOME)
    say(f"Removed {settings.HOME}.")


def odoo(options):
    set_up()
    arguments = shlex.split(options.arguments)
    if arguments and not arguments[0].startswith("-"):
        line = databases.odoo_command(*arguments[1:], command=arguments[0])
    else:
        line = databases.odoo_command(*arguments)
    # An add-on's command has no -c of ours, so the configuration is named in the environment too.
    env = dict(postgres.environment(), ODOO_RC=str(settings.ODOO_CONF))
    raise SystemExit(subprocess.call([str(part) for part in line], env=env))


def db(options):
    set_up()
    databases.check_new_name(options.name)
    databases.copy(databases.ensure_template(), options.name)
    say(f"Database {options.name} is ready: make odoo ARGS='-d {options.name}'")


def psql(options):
    command = ["psql", "-X", "-d", options.database, *options.rest]
    os.execvpe(command[0], command, postgres.environment())


def test(options):
    set_up(tests=True)
    suites.run(addon=options.addon, paths=shlex.split(options.paths or ""))


def bench(options):
    set_up()
    suites.bench(options.name)


def shots(_options):
    set_up()
    suites.shots()


def lint(options):
    debian.ensure()
    python_env.ensure(odoo_source.ensure())
    checks.run_checks(fix=options.fix)


def _parser():
    parser = argparse.ArgumentParser(prog="make", description="PRM's own environment")
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name, function, *arguments):
        command = commands.add_parser(name)
        command.set_defaults(function=function)
        for names, options in arguments:
            command.add_argument(*names, **options)

    add("setup", set_up)
    add("demo", demo, (["--port"], {"type": int, "default": 8069}))
    add("stop", stop)
    add("clean", clean)
    add("odoo", odoo, (["--arguments"], {"default": ""}))
    add("db", db, (["name"], {"nargs": "?"}))
    add("psql", psql, (["database"], {}), (["rest"], {"nargs": argparse.REMAINDER}))
    add("test", test, (["--addon"], {}), (["--paths"], {}))
    add("bench", bench, (["--name"], {}))
    add("shots", shots)
    add("lint", lint, (["--fix"], {"action": "store_true"}))
    return parser


def main():
    options = _parser().parse_args()
    try:
        options.function(options)
    except Problem as problem:
        fail(problem)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
