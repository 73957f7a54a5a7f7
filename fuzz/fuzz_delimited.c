/* SPDX-License-Identifier: Apache-2.0 */
/* The delimited decoder over any bytes, taken as lines. */
#include "decode_target.h"

static const char map[] =
    "format: delimited\n"
    "time: { from: time, as: epoch }\n"
    "fields:\n"
    "  rule.id: name\n"
    "  source.ip: ip\n"
    "  source.port: port\n"
    "  message: text\n"
    "  yagura.packet: packet\n"
    "  yagura.verdict.level: { from: label, values: { \"-\": FP } }\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct decode_target target;

    if (!target.decode)
        target_make(&target, "delimited", map,
                    YG_STR("time,name,ip,port,text,packet,label"));
    target_run(&target, (struct yg_str){ (const char *)data, size });
    return 0;
}
