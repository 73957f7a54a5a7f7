/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/decoders.h"

#include "decode/decode.h"
#include "decode/log.h"

const struct yg_decoder *const yg_decoders[] = {
    &yg_decoder_eve,
    &yg_decoder_wazuh,
    &yg_decoder_delimited,
    &yg_decoder_jsonl,
    &yg_decoder_log,
    &yg_decoder_log_json,
    NULL,
};

const struct yg_decoder *yg_decoder_by_name(struct yg_str name)
{
    for (size_t i = 0; yg_decoders[i]; i++)
        if (yg_str_eq(name, yg_str_of(yg_decoders[i]->name)))
            return yg_decoders[i];
    const struct yg_dialect *dialect = yg_dialect_by_name(name);
    return !dialect ? NULL : dialect->pick ? &yg_decoder_log_json : &yg_decoder_log;
}

bool yg_decoder_is_log(const struct yg_decoder *d)
{
    return d == &yg_decoder_log || d == &yg_decoder_log_json;
}

const struct yg_decoder *yg_decoder_by_probe(struct yg_str head)
{
    const struct yg_decoder *best = NULL;
    int most = 0;

    for (size_t i = 0; yg_decoders[i]; i++) {
        int sure = yg_decoders[i]->probe(head);
        if (sure > most)
            most = sure, best = yg_decoders[i];
    }
    return best;
}
