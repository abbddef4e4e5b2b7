"""The fence around Jinja2: plain values only, a short list of what a template may do, and bounded work.

Jinja2's own sandbox stops a template from reaching Python, not from eating the machine (``'x' * 10**9``, nested loops,
``center(999999999)``). So every template is read as a tree first: only constructs on a list are let through; loops pay
for their turns, and whatever makes a text longer is measured before it does. That bounds time and memory without a
child process, and by counting instead of by the clock: the same template does the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateRuntimeError, TemplateSyntaxError, nodes, pass_context
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

from bot.filters import FILTERS

MAX_SOURCE = 64 * 1024
MAX_TEXT = 10_000
MAX_NUMBER = 10**12
MAX_STEPS = 100_000
MAX_DEPTH = 60
_CHARACTERS_A_STEP = 50

_TEST_NAMES = ("defined", "undefined", "none", "string", "number", "odd", "even", "divisibleby", "in")
_COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
_LOOP_FACTS = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "cycle"})
_SCALARS = frozenset({str, int, bool})
_NO_NAMES = frozenset({"self", "super", "caller", "varargs", "kwargs"})
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Assign, nodes.Name, nodes.Const,
    nodes.List, nodes.Tuple, nodes.CondExpr, nodes.Filter, nodes.Test, nodes.Keyword, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Call, nodes.Compare, nodes.Operand, nodes.Concat, nodes.Add, nodes.Sub, nodes.Mul,
    nodes.FloorDiv, nodes.Mod, nodes.Not, nodes.And, nodes.Or, nodes.Neg, nodes.Pos,
)  # fmt: skip
_SPOKEN = {
    "Pow": "The power sign **",
    "Div": "Division with /",
    "Dict": "A { } list of keys",
    "AssignBlock": "{% set … %} … {% endset %}",
    "FilterBlock": "{% filter … %}",
    "CallBlock": "{% call … %}",
    "FromImport": "{% from … import … %}",
    "Scope": "{% autoescape … %}",
}
_TOO_MUCH = "It would ask for more work or text than a post can need"
_SIMPLER = "Use fewer or shorter loops, and shorter texts."


class TemplateFaultError(TemplateRuntimeError):
    """What a template may not do, or cannot do with these values. ``line`` is known while it is being read."""

    def __init__(self, what: str, remedy: str = "", line: int | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy
        self.line = line


class MissingNameError(TemplateRuntimeError):
    """A template names something that there is not. ``owner`` is what it was looked up in, None for the top."""

    def __init__(self, name: str, owner: object) -> None:
        super().__init__(name)
        self.name = name
        self.owner = owner


class _Missing(StrictUndefined):
    """Strict in every use. Jinja2 asks for this message exactly when it is about to raise."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        owner = None if self._undefined_obj is missing else self._undefined_obj
        raise MissingNameError(str(self._undefined_name), owner)


class BudgetedContext(Context):
    """The values of one rendering, and the work that is left to it."""

    steps: int = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Raises TemplateFaultError when there is nothing left."""
        self.steps -= steps
        if self.steps < 0:
            raise TemplateFaultError(_TOO_MUCH + ".", _SIMPLER)


class RoomyContext(BudgetedContext):
    """For the one article of a campaign, which loops over everybody."""

    steps: int = 20 * MAX_STEPS


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2 with nothing in it but our filters, a few tests, and dictionaries that are looked up by key only."""

    intercepted_binops = frozenset({"+", "-", "*", "//", "%"})
    context_class = BudgetedContext

    def __init__(self, *, escape: Callable[[str], str] | None = None, roomy: bool = False) -> None:
        """``escape`` is applied to every value that is printed; ``roomy`` allows the work of a whole article."""
        super().__init__(undefined=_Missing, trim_blocks=True, lstrip_blocks=True, finalize=_finalize(escape))
        if roomy:
            self.context_class = RoomyContext
        self.globals.clear()
        self.filters.clear()
        self.filters.update({name: _bounded(name, function) for name, function in FILTERS.items()})
        self.filters.update({"_counted": _counted, "_joined": _joined})
        for name in set(self.tests).difference(_TEST_NAMES, _COMPARISONS):
            del self.tests[name]

    def load(self, source: str, name: str) -> Template:
        """A template ready to render. Raises TemplateFaultError with a line."""
        if len(source) > MAX_SOURCE:
            raise TemplateFaultError("It is longer than 64 KB.", "A template of a post needs a few lines.", 1)
        try:
            tree = self.parse(source, name)
            check_tree(tree)
            return Template.from_code(self, self.compile(_Metered().visit(tree), name), {})
        except TemplateSyntaxError as error:
            raise TemplateFaultError(_syntax(error.message or ""), _SYNTAX_REMEDY, error.lineno) from error
        except (RecursionError, MemoryError, SyntaxError, ValueError) as error:
            raise TemplateFaultError(
                "It is nested too deeply, or holds a number that is too long.", "Split it into simpler lines.", 1
            ) from error

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Dictionaries by key; of a loop the facts that templates need; nothing else has attributes here."""
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        if isinstance(obj, LoopContext) and attribute in _LOOP_FACTS:
            return getattr(obj, attribute)
        _fail_if_missing(obj)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Like ``getattr``, and positions and slices of lists and texts."""
        _fail_if_missing(obj)
        if isinstance(obj, dict | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=str(argument))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Numbers with numbers, and + for two texts or two lists; results are bounded."""
        _fail_if_missing(left, right)
        if isinstance(left, int) and isinstance(right, int):
            return _bounded_number(super().call_binop(context, operator, left, right))
        if operator == "+" and isinstance(left, str | list) and type(left) is type(right):
            if len(left) + len(right) > MAX_TEXT:
                raise TemplateFaultError(_TOO_MUCH + ".", _SIMPLER)
            return super().call_binop(context, operator, left, right)
        raise TemplateFaultError(f"“{operator}” works with numbers only here.", "To join texts use ~.")


def check_tree(tree: nodes.Template) -> None:
    """Let through only what is on the list. Raises TemplateFaultError with the line."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise TemplateFaultError("It is nested too deeply.", "Split it into simpler lines.", node.lineno)
        if not isinstance(node, _ALLOWED):
            _refuse(node, _SPOKEN.get(type(node).__name__, f"{{% {type(node).__name__.lower()} %}}"))
        for kind, check in _CHECKS:
            if isinstance(node, kind):
                check(node)
        waiting.extend((child, depth + 1) for child in node.iter_child_nodes())


def _refuse(node: nodes.Node, what: str) -> None:
    raise TemplateFaultError(
        f"{what} cannot be used in a template here.", "docs/templates.md lists what can.", node.lineno
    )


def _check_name(node: Any) -> None:
    if node.name.startswith("_") or node.name in _NO_NAMES:
        _refuse(node, f"“{node.name}”")


def _check_attribute(node: Any) -> None:
    if node.attr.startswith("_"):
        _refuse(node, f"“.{node.attr}”")


def _check_call(node: Any) -> None:
    """Only loop.cycle("a", "b") is called; everything else is a filter."""
    target = node.node
    cycle = isinstance(target, nodes.Getattr) and target.attr == "cycle" and isinstance(target.node, nodes.Name)
    if not cycle or target.node.name != "loop" or node.dyn_args or node.dyn_kwargs or node.kwargs:
        raise TemplateFaultError(
            "Calling something with ( ) cannot be done here.", "Use a filter: {{ name|names }}.", node.lineno
        )


def _check_filter(node: Any) -> None:
    if node.name not in FILTERS:
        near = get_close_matches(node.name, FILTERS, n=1, cutoff=0.7)
        hint = f"Did you mean |{near[0]}?" if near else "docs/templates.md lists the filters."
        raise TemplateFaultError(f"There is no filter |{node.name}.", hint, node.lineno)
    if node.node is None or node.dyn_args or node.dyn_kwargs:
        _refuse(node, "This way to use a filter")


def _check_test(node: Any) -> None:
    if node.name not in _TEST_NAMES and node.name not in _COMPARISONS:
        raise TemplateFaultError(
            f"There is no test “is {node.name}”.", f"There are: {', '.join(_TEST_NAMES)}.", node.lineno
        )


def _check_loop(node: Any) -> None:
    if node.recursive:
        _refuse(node, "A recursive loop")


def _check_constant(node: Any) -> None:
    if isinstance(node.value, float | complex):
        _refuse(node, "A number with a decimal point")
    if isinstance(node.value, int) and abs(node.value) > MAX_NUMBER:
        _refuse(node, "A number this long")


def _check_items(node: Any) -> None:
    """Lists of lists could be made to double; lists of constants are all that texts need."""
    loaded = getattr(node, "ctx", "load") == "load"
    if loaded and not all(isinstance(item, nodes.Const) for item in node.items):
        _refuse(node, "A list of names")


_CHECKS: tuple[tuple[type[nodes.Node], Callable[[Any], None]], ...] = (
    (nodes.Name, _check_name),
    (nodes.Getattr, _check_attribute),
    (nodes.Call, _check_call),
    (nodes.Filter, _check_filter),
    (nodes.Test, _check_test),
    (nodes.For, _check_loop),
    (nodes.Const, _check_constant),
    (nodes.Tuple, _check_items),
    (nodes.List, _check_items),
)


class _Metered(NodeTransformer):
    """Puts a meter on loops and on ~, after the tree was checked."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802  (Jinja2 calls it by this name)
        cost = 1 + sum(1 for _ in node.find_all(nodes.Node))
        self.generic_visit(node)
        node.iter = nodes.Filter(
            node.iter, "_counted", [nodes.Const(cost)], [], None, None, lineno=node.lineno, environment=node.environment
        )
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  (Jinja2 calls it by this name)
        self.generic_visit(node)
        pieces = nodes.List(node.nodes, lineno=node.lineno, environment=node.environment)
        return nodes.Filter(pieces, "_joined", [], [], None, None, lineno=node.lineno, environment=node.environment)


@pass_context
def _counted(context: BudgetedContext, items: Any, cost: int) -> Any:
    """Pays for a loop before it begins."""
    _fail_if_missing(items)
    if not isinstance(items, list | tuple):
        raise TemplateFaultError("A loop needs a list.", "Lists are named in docs/templates.md.")
    context.spend(len(items) * cost)
    return items


@pass_context
def _joined(context: BudgetedContext, pieces: list[Any]) -> str:
    """What ~ makes."""
    texts = [str(_printable(piece)) for piece in pieces]
    length = sum(map(len, texts))
    if length > MAX_TEXT:
        raise TemplateFaultError(_TOO_MUCH + ".", _SIMPLER)
    context.spend(1 + length // _CHARACTERS_A_STEP)
    return "".join(texts)


def _bounded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that pays for its work and says in plain words what it cannot do."""

    @pass_context
    def filtered(context: BudgetedContext, value: Any, *arguments: Any, **options: Any) -> Any:
        if name == "default" and isinstance(value, Undefined):
            value = ""
        _fail_if_missing(value, *arguments, *options.values())
        try:
            result = function(value, *arguments, **options)
        except (TypeError, ValueError, AttributeError) as error:
            reason = str(error) if type(error) is ValueError else "it does not fit this kind of value"
            shown = "nothing" if value == "" else f"“{str(value)[:40]}”"
            raise TemplateFaultError(
                f"|{name} cannot work with {shown}: {reason}.", "docs/templates.md shows how."
            ) from error
        context.spend(1 + _size(value) // _CHARACTERS_A_STEP + _size(result) // _CHARACTERS_A_STEP)
        if _size(result) > MAX_TEXT:
            raise TemplateFaultError(_TOO_MUCH + ".", _SIMPLER)
        return result

    return filtered


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple | dict) else 0


def _bounded_number(value: int) -> int:
    if abs(value) > MAX_NUMBER:
        raise TemplateFaultError("A number becomes too large.")
    return value


def _printable(value: Any) -> Any:
    """What may stand in a post: texts and whole numbers."""
    if isinstance(value, str) or type(value) is int:
        return value
    _fail_if_missing(value)
    if isinstance(value, list | tuple):
        raise TemplateFaultError("A list cannot be printed as it is.", "Write {{ …|names }}, or loop over it.")
    if isinstance(value, dict):
        raise TemplateFaultError("A whole row cannot be printed.", "Name a part of it, such as .name.")
    raise TemplateFaultError("This is neither a text nor a whole number.")


def _finalize(escape: Callable[[str], str] | None) -> Callable[[Any], Any]:
    if escape is None:
        return _printable

    def printable_and_escaped(value: Any) -> Any:
        printed = _printable(value)
        return escape(printed) if isinstance(printed, str) else printed

    return printable_and_escaped


def _fail_if_missing(*values: Any) -> None:
    for value in values:
        if isinstance(value, Undefined):
            str(value)  # a strict undefined raises here, with its name


_SYNTAX_REMEDY = "Check the { }, % and quotation marks of this line and the ones above it."


def _syntax(message: str) -> str:
    """Jinja2's words, with the commonest case said plainly."""
    if message.startswith("Unexpected end of template"):
        return "A {% if %} or {% for %} is not closed with its {% endif %} or {% endfor %}."
    if message.startswith(("unexpected 'end of template'", "unexpected end of template")):
        return "A {{ or {% is not closed with }} or %}."
    if message.startswith("Encountered unknown tag"):
        return f"There is no such command: {message.removeprefix('Encountered unknown tag ')}"
    return f"It cannot be read: {message}"


def is_plain(values: Mapping[str, Any]) -> bool:
    """Whether every value is a text, whole number or truth value, or a list or dictionary of such."""
    waiting: list[Any] = [values]
    while waiting:
        value = waiting.pop()
        if type(value) in _SCALARS:  # first, because most are
            continue
        if isinstance(value, Mapping):
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        else:
            return False
    return True
