# SPDX-License-Identifier: Apache-2.0
"""`pressure.py WAY`: as pressure.js, with Elasticsearch's Python client 7.17."""
import os
import sys

from elasticsearch import Elasticsearch, helpers

way = sys.argv[1]
es = Elasticsearch([os.environ["URL"]], http_auth=("x", os.environ["TOKEN"]))
again = {"max_retries": 60, "initial_backoff": 1, "max_backoff": 2} if way != "itself" else {}
try:
    done, errors = helpers.bulk(
        es, ({"_op_type": "create", "_index": "logs",
              "_source": {"n": n, "text": "python " + way}} for n in range(50)), **again)
    assert (done, errors) == (50, [])
except Exception as e:
    sys.exit("gave up: %s %s" % (type(e).__name__, getattr(e, "status_code", "")))
