# SPDX-License-Identifier: Apache-2.0
"""Elasticsearch's Python client 7.17: product check, bulk helper, refused items."""
import os

from elasticsearch import Elasticsearch, helpers

es = Elasticsearch([os.environ["URL"]], http_auth=("x", os.environ["TOKEN"]),
                   ca_certs=os.environ["CA"])
assert es.info()["version"]["number"] == "9.9.9"
docs = [{"n": n, "text": "\u00e4 \"quoted\""} for n in range(10)]
done, errors = helpers.bulk(
    es, ({"_op_type": "create", "_index": "logs", "_source": d} for d in docs))
assert (done, errors) == (10, [])
done, errors = helpers.bulk(
    es, [{"_index": "logs", "_id": str(d["n"]), "_source": d} for d in docs] +
    [{"_op_type": "delete", "_index": "logs", "_id": "1"}], raise_on_error=False)
assert done == 10 and len(errors) == 1 and errors[0]["delete"]["status"] == 400
