/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/dialects.h"

#include "decode/log.h"

/* Sorted by name; of two that are equally sure the first is asked. */
const struct yg_dialect *const yg_dialects[] = {
    &yg_dialect_cef, &yg_dialect_eve, &yg_dialect_leef, &yg_dialect_wazuh, NULL,
};
