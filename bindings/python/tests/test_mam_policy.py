"""The module as Python programs use it, with the libraries whose tables it takes."""

import doctest
import json
import pickle
from pathlib import Path

import mam_policy
import pyarrow as pa
import pytest
from mam_policy import ColumnsError, MamError, PolicyError, RequestError, Table

POLICIES = """mam 1
users staff
app notes { ios "com.example.notes"  android "com.example.notes"  sdk  multi-identity }
policy baseline {
  for staff  protect notes
  allow share to managed
  allow copy to any up to 50 characters
  launch block when os < 17.0
  expect block share to unmanaged
  expect allow share to unmanaged
}
"""
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture(scope="module")
def table():
    return Table.compile(POLICIES)


def rows():
    return [
        {
            "channel": ["share", "copy", "print"][row % 3],
            "source": "notes",
            "source_account": [None, "work", "personal"][row // 3 % 3],
            "target": None if row % 3 == 2 else "ios:com.example.chat",
            "groups": [["staff"], [], ["staff", "elsewhere"]][row % 7 % 3],
            "platform": "ios",
            "management": ["unmanaged", "intune"][row % 2],
            "characters": row if row % 3 == 1 else None,
        }
        for row in range(120)
    ]


def request(row):
    """The request of a row, as a dictionary."""
    source = {"app": row["source"]}
    if row["source_account"]:
        source["account"] = row["source_account"]
    found = {
        "channel": row["channel"],
        "source": source,
        "user": {"groups": row["groups"]},
        "device": {"platform": row["platform"], "management": row["management"]},
    }
    if row["target"]:
        found["target"] = {"app": row["target"]}
    if row["characters"] is not None:
        found["characters"] = row["characters"]
    return found


def test_the_documentation_is_right():
    assert doctest.testmod(mam_policy).failed == 0
    assert doctest.testmod(mam_policy).attempted > 0


def test_requests_are_decided(table):
    answer = table.decide(request(rows()[0]))
    assert (answer["effect"], answer["by"][0]["policy"]) == ("block", "baseline")
    assert table.decide(json.dumps(request(rows()[0]))) == answer
    access = {
        "launch": {"app": "notes"},
        "user": {"groups": ["staff"]},
        "device": {"platform": "ios", "management": "unmanaged"},
        "facts": {"os": "16.4"},
    }
    assert table.decide(access)["effect"] == "block"


def test_requests_that_cannot_be_answered_say_why(table):
    wrong = request(rows()[0]) | {"source": {"app": "note"}}
    with pytest.raises(RequestError, match="unknown app `note`") as caught:
        table.decide(wrong)
    assert caught.value.code == "mam::request::unknown-name"
    assert caught.value.member == "source.app"
    assert caught.value.help == "did you mean `notes`?"
    with pytest.raises(RequestError, match="did you mean `channel`"):
        table.decide({"chanel": "share"})


def told(answers):
    """The answers of a pyarrow table, row by row."""
    for row in answers.to_pylist():
        limits = {name: value for name, value in (row["limits"] or {}).items() if value is not None}
        yield {
            "effect": row["effect"],
            "enforced": row["enforced"],
            "reason": row["reason"],
            "limits": limits,
            "by": json.loads(row["by"]),
            "report_only": json.loads(row["report_only"]),
        }


def should(table):
    for row in rows():
        answer = table.decide(request(row))
        answer.pop("assumed", None)
        yield answer


@pytest.mark.parametrize("form", ["table", "batches", "dictionaries", "polars", "duckdb"])
def test_batches_are_decided_as_their_rows(table, form):
    data = pa.Table.from_pylist(rows())
    if form == "batches":
        data = pa.RecordBatchReader.from_batches(data.schema, data.to_batches(max_chunksize=7))
    elif form == "dictionaries":
        names = ["channel", "source", "target", "platform", "management"]
        for name in names:
            at = data.schema.get_field_index(name)
            data = data.set_column(at, name, data[name].dictionary_encode())
    elif form == "polars":
        data = pytest.importorskip("polars").from_arrow(data)
    elif form == "duckdb":
        data = pytest.importorskip("duckdb").sql("select * from data").to_arrow_table()
    answers = table.decide_batch(data, rules=True)
    assert len(answers) == 120
    assert answers.column_names[:3] == ["effect", "enforced", "reason"]
    assert list(told(pa.table(answers))) == list(should(table))


def test_answers_go_to_other_libraries(table):
    polars = pytest.importorskip("polars")
    answers = table.decide_batch(pa.Table.from_pylist(rows()))
    frame = polars.DataFrame(answers)
    assert frame.height == 120
    assert set(frame["effect"].cast(polars.String)) == {"allow", "block"}
    # A capsule can be made as often as is wanted.
    assert pa.table(answers).equals(pa.table(answers))


def test_batches_that_are_not_answered_say_all_that_is_wrong(table):
    data = pa.Table.from_pylist(rows()).drop_columns(["target"]).append_column("weather", [[1] * 120])
    with pytest.raises(ColumnsError) as caught:
        table.decide_batch(data)
    assert [one["code"] for one in caught.value.mistakes] == [
        "mam::columns::missing-column",
        "mam::columns::unknown-column",
    ]
    assert caught.value.row is None
    with pytest.raises(TypeError, match="__arrow_c_stream__"):
        table.decide_batch([1, 2])
    with pytest.raises(ValueError, match="bad_rows"):
        table.decide_batch(data, bad_rows="ignore")


def test_bad_rows_are_an_error_or_null(table):
    bad = rows()
    bad[5]["source"] = "note"
    data = pa.Table.from_pylist(bad)
    with pytest.raises(ColumnsError) as caught:
        table.decide_batch(data)
    assert caught.value.row == 5
    answers = pa.table(table.decide_batch(data, bad_rows="null")).to_pylist()
    assert answers[5]["effect"] is None
    assert answers[5]["error_code"] == "mam::request::unknown-name"
    assert answers[4]["error"] is None and answers[4]["effect"] is not None


def test_no_rows_have_no_answers(table):
    none = pa.Table.from_pylist(rows()).slice(0, 0)
    assert len(table.decide_batch(none)) == 0
    assert "effect" in pa.table(table.decide_batch(none)).column_names


def test_mistakes_in_policies_are_listed():
    with pytest.raises(PolicyError) as caught:
        Table.compile("mam 1\npolicy p { for staf  protect notes }")
    first = caught.value.diagnostics[0]
    assert first["severity"] == "error" and first["location"].startswith("policies.mam:2")
    assert isinstance(caught.value, MamError)


def test_files_that_policies_use_are_given(table):
    used = Table.compile('mam 1\nuse "people.mam"\n', files={"people.mam": POLICIES})
    assert used.decide(request(rows()[0]))["effect"] == "block"


def test_expectations_are_tested(table):
    verdicts = [one["verdict"] for one in table.test()]
    assert verdicts == ["holds", "fails"]


def test_tables_are_compared_and_asked(table):
    looser = Table.compile(POLICIES.replace("share to managed", "share to any"))
    changes = table.diff(looser)
    assert changes["movements"][0]["kind"] == "looser" and changes["accesses"] == []
    assert table.diff(table)["movements"] == []
    parts = table.explain("share from notes as work to unlisted for staff on ios")
    assert [part["effect"] for part in parts] == ["block"]
    kinds = table.effective("notes as work for exactly staff on ios devices unmanaged")
    assert [len(kind["applies"]) for kind in kinds] == [1]
    with pytest.raises(PolicyError):
        table.explain("share from nowhere")


def test_tables_are_stored_and_sent(table, tmp_path):
    path = tmp_path / "notes.mamc"
    path.write_bytes(table.to_bytes())
    for loaded in [Table.load(path), Table.load(str(path)), pickle.loads(pickle.dumps(table))]:
        assert loaded.decide(request(rows()[0])) == table.decide(request(rows()[0]))
        with pytest.raises(MamError, match="no policies"):
            loaded.test()
    with pytest.raises(MamError):
        Table.load(b"no table")


def test_policies_of_intune_are_compiled():
    text = (EXAMPLES / "intune" / "mail.json").read_text()
    for source in [text, json.loads(text)]:
        answer = Table.from_intune(source).decide(
            {
                "channel": "print",
                "source": {"app": "outlook"},
                "user": {"groups": ["group-11111111"]},
                "device": {"platform": "ios", "management": "unmanaged"},
            }
        )
        assert answer["enforced"]
