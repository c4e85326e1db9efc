"""Signed calls as providers make them, from the add-on's own tests, without loading the add-on."""

import importlib.util

from tools.devenv import settings

_spec = importlib.util.spec_from_file_location(
    "prm_gateway_calls", settings.ROOT / "prm_core" / "tests" / "gateways" / "calls.py"
)
calls = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(calls)
