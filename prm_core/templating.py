"""Templates: Jinja2, sandboxed and strict, over a published list of plain values.

Office staff edit these texts. A template is checked when it is saved: only variables of the
catalogue, only a few harmless filters, no calls, loops only over lists of the catalogue. So a
template that has been saved can neither fail on a name nor run away at the moment of sending.
"""

from dataclasses import dataclass
from functools import lru_cache

from jinja2 import StrictUndefined, TemplateSyntaxError, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

#: Characters of one rendered text; far above any honest letter.
MAX_OUTPUT = 100_000
MAX_LOOP_DEPTH = 2
#: Compiled texts kept in memory: a practice has some dozens, in five languages.
MAX_COMPILED = 1000

FILTERS = frozenset(
    {"capitalize", "default", "first", "join", "last", "length", "lower", "title", "trim", "upper"}
)
_FORBIDDEN = (
    nodes.Call, nodes.CallBlock, nodes.Macro, nodes.Import, nodes.FromImport, nodes.Include,
    nodes.Extends, nodes.Block, nodes.FilterBlock, nodes.Getitem, nodes.Mul, nodes.Pow, nodes.Mod,
    nodes.Assign, nodes.AssignBlock, nodes.With, nodes.ScopedEvalContextModifier,
)  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """A value that templates may use.

    :param example: shown in the editor and used for previews.
    :param health: whether it tells something about the patient's health, such as a treatment; then
        it stays out of channels that others can read on a locked screen.
    """

    name: str
    label: str
    example: object
    health: bool = False


_CATALOGUE = {}


def register_variables(*variables):
    """Add variables to the catalogue; add-ons call this when they are imported."""
    for variable in variables:
        _CATALOGUE[variable.name] = variable


#: What nearly every text uses stands first in the catalogue.
_FIRST = ("patient", "practice", "link")


def catalogue():
    """All variables: patient, practice and links first, then by name."""

    def place(name):
        group = name.split(".")[0]
        return (_FIRST.index(group) if group in _FIRST else len(_FIRST), name)

    return [_CATALOGUE[name] for name in sorted(_CATALOGUE, key=place)]


def is_health(name):
    """Whether a variable of the catalogue tells something about health."""
    return name in _CATALOGUE and _CATALOGUE[name].health


register_variables(
    Variable("patient.first_name", "What the patient is called", "Anna"),
    Variable("patient.full_name", "First and last name", "Anna Rossi"),
    Variable("recipient.name", "Who reads it: the patient, or the guardian by name", "Anna"),
    Variable("recipient.full_name", "Who reads it, by first and last name", "Anna Rossi"),
    Variable(
        "recipient.called",
        "To greet who reads it: a guardian's name has the patient's behind it, “Laura Rossi (Leo)”",
        "Anna",
    ),
    Variable(
        "recipient.is_guardian", "Whether a guardian reads it; for {% if … %} in a text", False
    ),
    Variable(
        "family.lines",
        "One line for each visit of the family that the message is about",
        ["Anna: Monday, 9:00", "Leo: Monday, 9:45"],
    ),
    Variable("practice.name", "Name of the practice", "Dental practice Aurora"),
    Variable("practice.phone", "Phone of the practice", "+39 02 5500 0000"),
    Variable("practice.email", "Email of the practice", "hello@aurora.example"),
    Variable("practice.address", "Address of the practice", "Via Garibaldi 1, Milano"),
    Variable(
        "practice.says_stop",
        "Whether the law wants a text message to say how to end them (USA); for {% if … %}",
        False,
    ),
)


class TemplateError(ValueError):
    """A template that can't be used.

    :param code: ``syntax``, ``unknown_variable``, ``not_allowed`` or ``too_long``.
    :param line: number of the line, from 1.
    :param what: the word that is wrong.
    """

    def __init__(self, code, line, what):
        super().__init__(f"line {line}: {code}: {what}")
        self.code = code
        self.line = line
        self.what = what


class _Environment(ImmutableSandboxedEnvironment):
    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context, operator, left, right):
        raise TemplateError("not_allowed", 0, operator)


def _make_environment():
    environment = _Environment(undefined=StrictUndefined, autoescape=False, cache_size=0)
    environment.globals.clear()
    environment.filters = {
        name: function for name, function in environment.filters.items() if name in FILTERS
    }
    return environment


_ENVIRONMENT = _make_environment()


def _path(node):
    """The dotted name of a variable node, or None."""
    parts = []
    while isinstance(node, nodes.Getattr):
        parts.append(node.attr)
        node = node.node
    if isinstance(node, nodes.Name):
        return ".".join([node.name, *reversed(parts)])
    return None


def _check_node(node, known, local, depth):
    if isinstance(node, _FORBIDDEN):
        raise TemplateError("not_allowed", node.lineno, type(node).__name__.lower())
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        raise TemplateError("not_allowed", node.lineno, f"|{node.name}")
    if isinstance(node, (nodes.Getattr, nodes.Name)):
        name = _path(node)
        if name is None:
            raise TemplateError("not_allowed", node.lineno, "attribute of an expression")
        if name.split(".")[0] not in local and name not in known:
            raise TemplateError("unknown_variable", node.lineno, name)
        return
    if isinstance(node, nodes.For):
        if depth >= MAX_LOOP_DEPTH:
            raise TemplateError("not_allowed", node.lineno, "loop in a loop in a loop")
        _check_node(node.iter, known, local, depth)
        target = node.target.name if isinstance(node.target, nodes.Name) else None
        if target is None:
            raise TemplateError("not_allowed", node.lineno, "for with several names")
        for child in (*node.body, *node.else_):
            _check_node(child, known, {*local, target}, depth + 1)
        return
    for child in node.iter_child_nodes():
        _check_node(child, known, local, depth)


def _parse(source):
    try:
        return _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise TemplateError("syntax", error.lineno, error.message) from error


def _collect_names(node, local, found):
    """Add the dotted names below a node to ``found``, without those that a loop brings."""
    if isinstance(node, (nodes.Getattr, nodes.Name)):
        name = _path(node)
        if name is not None:
            if name.split(".")[0] not in local:
                found.add(name)
            return
    if isinstance(node, nodes.For):
        _collect_names(node.iter, local, found)
        inner = local | {target.name for target in node.target.find_all(nodes.Name)}
        if isinstance(node.target, nodes.Name):
            inner |= {node.target.name}
        for child in (*node.body, *node.else_, *filter(None, [node.test])):
            _collect_names(child, inner, found)
        return
    for child in node.iter_child_nodes():
        _collect_names(child, local, found)


def variables_of(source):
    """The dotted names that a text uses; of a loop, the list that it goes through.

    :raises TemplateError: when the brackets don't close.
    """
    found = set()
    for node in _parse(source).body:
        _collect_names(node, frozenset(), found)
    return found


def check(source, known=None):
    """Check a template.

    :param str source: the text; :param known: names that it may use (default: the catalogue).
    :raises TemplateError: with the line and the word that is wrong.
    """
    known = set(_CATALOGUE) if known is None else set(known)
    for node in _parse(source).body:
        _check_node(node, known, frozenset(), 0)


@lru_cache(maxsize=MAX_COMPILED)
def _steps(name):
    *path, last = name.split(".")
    return path, last


def _nested(values):
    """``{"patient.name": 1}`` as ``{"patient": {"name": 1}}``; names already nested stay."""
    result = {}
    for name, value in values.items():
        path, last = _steps(name)
        place = result
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
    return result


@lru_cache(maxsize=MAX_COMPILED)
def _compile(source):
    """The compiled text. It holds no values, so one serves every patient and every practice."""
    return _ENVIRONMENT.from_string(source)


@lru_cache(maxsize=MAX_COMPILED)
def _fill_in(source):
    """A text of nothing but words and values, as most are: (format string, names of the values).

    None when Jinja has to do more than to put values in their places, or is to say what is wrong.
    """
    try:
        body = _ENVIRONMENT.parse(source).body
    except TemplateSyntaxError:
        return None
    pattern, names = "", []
    for node in body:
        for part in node.nodes if isinstance(node, nodes.Output) else [node]:
            name = _path(part)
            if isinstance(part, nodes.TemplateData):
                pattern += part.data.replace("%", "%%")
            elif name and name in _CATALOGUE:
                pattern += "%s"
                names.append(name)
            else:
                return None
    return pattern, names


def render(source, values):
    """The finished text.

    :param values: dotted names to plain values.
    :raises TemplateError: for a value that is missing, or a text that grows without measure.
    """
    if not {"{", "\r"}.intersection(source) and len(source) <= MAX_OUTPUT:
        # Jinja leaves out the newline at the end of a text, and writes others in one way.
        return source.removesuffix("\n")
    filled = _fill_in(source)
    if filled and all(name in values for name in filled[1]):
        pattern, names = filled
        text = pattern % tuple([values[name] for name in names])
        if len(text) > MAX_OUTPUT:
            raise TemplateError("too_long", 0, str(MAX_OUTPUT))
        return text
    return _render_by_jinja(source, values)


def _render_by_jinja(source, values):
    """See `render`."""
    try:
        template = _compile(source)
        parts, length = [], 0
        for part in template.generate(_nested(values)):
            length += len(part)
            if length > MAX_OUTPUT:
                raise TemplateError("too_long", 0, str(MAX_OUTPUT))
            parts.append(part)
    except TemplateSyntaxError as error:
        raise TemplateError("syntax", error.lineno, error.message) from error
    except UndefinedError as error:
        raise TemplateError("unknown_variable", 0, error.message) from error
    return "".join(parts)


def examples():
    """Example values of the whole catalogue, for previews."""
    return {variable.name: variable.example for variable in _CATALOGUE.values()}
