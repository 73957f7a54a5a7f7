/* SPDX-License-Identifier: Apache-2.0 */
/* The jsonl decoder over any bytes, taken as lines. */
#include "decode_target.h"

static const char map[] =
    "format: jsonl\n"
    "time: { from: ts, as: epoch }\n"
    "device: { from: dev, values: { \"i*\": ids }, otherwise: host }\n"
    "fields:\n"
    "  rule.name: note\n"
    "  source.ip: id.orig_h\n"
    "  source.port: id.orig_p\n"
    "  threat.technique.id: tags\n"
    "  event.severity: tags\n"
    "  network.transport: list.1.proto\n"
    "  yagura.payload: payload\n"
    "  event.start: { from: start, as: iso }\n"
    "  yagura.verdict.level: verdict\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decode_target target;

    if (!target.decode)
        target_make(&target, "jsonl", map, YG_STR_NONE);
    target_run(&target, (struct yg_str){ (const char *)data, size });
    return 0;
}
