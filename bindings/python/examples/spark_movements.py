"""Decides movements on Apache Spark: the table is broadcast as bytes, and rows stay columns.

    spark-submit spark_movements.py contoso.mamc movements/ answers/
"""

import sys

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession

from mam_policy import Table

ANSWERS = "effect string, enforced boolean, reason string, characters long, assumed string, by string, error string"


def decide(movements: DataFrame, table: bytes, keep: list[str]) -> DataFrame:
    """The columns of `keep` with the answers. All other columns are those of requests."""
    broadcast = movements.sparkSession.sparkContext.broadcast(table)
    kept = ", ".join(f"`{name}` {movements.schema[name].dataType.simpleString()}" for name in keep)

    def answers(batches):
        table = Table.load(broadcast.value)
        for batch in batches:
            requests = pa.table(batch).drop_columns(keep)
            found = pa.table(table.decide_batch(requests, rules=True, bad_rows="null"))
            # Spark has no dictionaries and wants the columns of the schema, in their order.
            columns = {name: batch.column(name) for name in keep}
            for name in ["effect", "enforced", "reason", "assumed", "by", "error"]:
                column = found[name].combine_chunks()
                columns[name] = column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
            limits = found["limits"].combine_chunks()
            columns["characters"] = limits.flatten()[0].cast(pa.int64())
            order = [*keep, *(part.split()[0] for part in ANSWERS.split(", "))]
            yield pa.RecordBatch.from_pydict({name: columns[name] for name in order})

    schema = ", ".join(part for part in [kept, ANSWERS] if part)
    return movements.mapInArrow(answers, schema)


if __name__ == "__main__":
    compiled, source, target = sys.argv[1:]
    spark = SparkSession.builder.appName("movements").getOrCreate()
    with open(compiled, "rb") as file:
        decide(spark.read.parquet(source), file.read(), []).write.parquet(target)
