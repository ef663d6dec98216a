"""`--verify-diagnostics`: which messages satisfy which comments.

Covers: compiler/diagnostics.py.
"""

from clawc.compiler.diagnostics import Diagnostic
from clawc.compiler.expected import expectations, mismatches


def said(message: str, line: int, severity: str = "error") -> Diagnostic:
    return Diagnostic(message, "k.mlir", line, 1, severity)


def test_places():
    text = "\n".join(
        [
            "a // expected-error {{one}}",
            "// expected-error @+1 {{two}}",
            "b",
            "// expected-warning @below {{three}}",
            "// expected-note@below {{four}}",
            "c",
            "// expected-error @above {{five}}",
            "// expected-error @unknown {{six}}",
        ]
    )
    assert [(e.severity, e.line) for e in expectations(text)] == [
        ("error", 1),
        ("error", 3),
        ("warning", 6),
        ("note", 6),
        ("error", 6),
        ("error", 0),
    ]


def test_a_message_must_be_said_on_its_line():
    text = "a // expected-error {{bad}}"
    assert not mismatches(text, [said("this is bad", 1)], "k.mlir")
    wrong_line = mismatches(text, [said("this is bad", 2)], "k.mlir")
    assert [d.message for d in wrong_line] == [
        "unexpected error: this is bad",
        'expected error "bad" was not produced',
    ]


def test_warnings_need_no_comment_and_regular_expressions_match():
    text = "a // expected-error-re {{rank {{[0-9]+}} (of 3)}}"
    messages = [said("rank 2 (of 3)", 1), said("slow", 9, "warning")]
    assert not mismatches(text, messages, "k.mlir")
    assert mismatches(text, [said("rank two (of 3)", 1)], "k.mlir")


def test_one_comment_takes_one_message():
    text = "a // expected-error {{bad}}"
    assert len(mismatches(text, [said("bad", 1), said("bad", 1)], "k.mlir")) == 1
