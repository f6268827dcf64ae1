"""Spark's ALS on stars, on this machine alone."""

import math

from pyspark.ml.recommendation import ALS
from pyspark.sql import SparkSession

from tests.benchmarks.entrants.task import Task, run


def als(task: Task) -> None:
    options = task.settings("pyspark", rank=64, maxIter=10, regParam=0.1)
    builder = SparkSession.builder.master("local[2]").config("spark.driver.memory", "8g")
    builder = builder.config("spark.ui.enabled", "false").config("spark.sql.shuffle.partitions", "4")
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    with task.timed("load"):
        train = spark.read.parquet(str(task.train_file)).select("user_id", "movie_id", "stars").cache()
        train.count()
    with task.timed("fit"):
        model = ALS(**options, userCol="user_id", itemCol="movie_id", ratingCol="stars", seed=1).fit(train)
    with task.timed("predict"):
        rows = model.transform(spark.read.parquet(str(task.asked_file))).collect()
        predicted = {(row.user_id, row.movie_id): row.prediction for row in rows}
        pairs = zip(*(ids.tolist() for ids in task.asked()), strict=True)
        task.answer([predicted.get(pair, math.nan) for pair in pairs])
    spark.stop()


if __name__ == "__main__":
    run({"als": als})
