"""Templates: mistakes, and texts that try to get out of the sandbox or to fill the memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from bot.errors import ExitCode
from tests.corpus.case import Case, Content

WORKER = "templates/worker.txt.j2"


def refused(content: Content, *, code: ExitCode = ExitCode.USAGE) -> Case:
    return Case(words=("plan",), files={WORKER: content}, code=code)


def expression(text: str) -> Case:
    return refused(f"{{{{ {text} }}}} {{{{ worker.credit }}}}")


def _remade(change: Callable[[Path], object]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        path.unlink()
        change(path)

    return make


TEMPLATES = {
    "gone": refused(lambda path: path.unlink()),
    "a folder": refused(_remade(lambda path: path.mkdir())),
    "a link out of the folder": refused(_remade(lambda path: path.symlink_to("/etc/hostname"))),
    "empty": refused(""),
    "only a comment": refused("{# nothing #}"),
    "bytes": refused(bytes(range(256))),
    "Windows-1252": refused("Bravo, {{ worker.credit }} – très bien".encode("cp1252")),
    "UTF-16": refused("Bravo, {{ worker.credit }}".encode("utf-16")),
    "a bracket that does not close": refused("Well done, {{ worker.credit"),
    "a bracket of the wrong kind": refused("Well done, {{ worker.credit }"),
    "an if that does not end": refused("{% if worker.count %}Well done"),
    "an end without a beginning": refused("Well done{% endif %}"),
    "an unknown tag": refused("{% thank worker %}"),
    "an unknown name": expression("woker.credit"),
    "an unknown field": expression("worker.surname"),
    "an unknown filter": expression("worker.credit|shout"),
    "an unknown test": refused("{% if worker.count is large %}x{% endif %}"),
    "a call": expression("worker.credit.upper()"),
    "a class": expression("worker.__class__"),
    "a class by another way": expression("worker['__class__']"),
    "a class by a filter": expression("worker|attr('__class__')"),
    "all classes": expression("''.__class__.__mro__[1].__subclasses__()"),
    "the globals of a function": expression("lipsum.__globals__['os'].popen('id').read()"),
    "the loop's insides": expression("self._TemplateReference__context"),
    "a format": expression("'{0.__class__}'.format(worker)"),
    "a map of attributes": expression("[worker]|map(attribute='__class__')|list"),
    "a gigabyte": expression("'x' * 10**9"),
    "a gigabyte by a filter": expression("'x'|center(999999999)"),
    "a gigabyte by joining": expression("range(10**9)|join"),
    "a power": expression("9**9**9"),
    "a shift": expression("1 << 10**9"),
    "an endless loop": refused("{% for a in range(10**9) %}x{% endfor %}"),
    "loops in loops": refused("{% for a in 'x' * 999 %}" * 12 + "x" + "{% endfor %}" * 12),
    "a macro that calls itself": refused("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"),
    "doubling": refused("{% set x = 'ab' %}" + "{% set x = x ~ x %}" * 60 + "{{ x }}"),
    "an include": refused("{% include '/etc/passwd' %}"),
    "an include of itself": refused("{% include 'worker.txt.j2' %}"),
    "an import": refused("{% import 'os' as os %}"),
    "an extends": refused("{% extends 'winner_thread.txt.j2' %}"),
    "a block": refused("{% block a %}{% endblock %}"),
    "a hundred thousand brackets": refused("{{ " + "(" * 100_000 + "1" + ")" * 100_000 + " }}"),
    "a thousand ifs": refused("{% if 1 %}" * 1_000 + "x" + "{% endif %}" * 1_000),
    "a megabyte of text": refused("x" * 2**20),
    "division by nought": expression("1 // 0"),
    "a sum of a name and a number": expression("worker.name + 1"),
    "a raw block that does not end": refused("{% raw %}{{ worker.credit }}"),
    "a comment that does not end": refused("{# {{ worker.credit }}"),
    "wordings that are empty": refused("===\n===\n==="),
}
