/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/csv.h"

bool yg_csv_cut(struct yg_str *rest, char delimiter, struct yg_str *out)
{
    if (rest->n == 0 || rest->p[0] != '"') {
        *out = yg_str_cut(rest, delimiter);
        return true;
    }
    size_t n = 1;
    for (;; n++) {
        const char *q = n < rest->n ? memchr(rest->p + n, '"', rest->n - n) : NULL;
        if (!q)
            return false;
        n = (size_t)(q - rest->p) + 1;
        if (n == rest->n || rest->p[n] != '"')
            break;
    }
    if (n < rest->n && rest->p[n] != delimiter)
        return false;
    *out = (struct yg_str){ rest->p, n };
    *rest =
        n < rest->n ? (struct yg_str){ rest->p + n + 1, rest->n - n - 1 } : YG_STR_NONE;
    return true;
}

size_t yg_csv_unquote(struct yg_str cell, char *out)
{
    const struct yg_str in = { cell.p + 1, cell.n - 2 };
    size_t n = 0;

    for (size_t i = 0; i < in.n; i++) {
        out[n++] = in.p[i];
        i += in.p[i] == '"'; /* its double follows */
    }
    return n;
}
