/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a file; the first line is its name and media type ("name type"). Shares
 * must be shares.
 */
#include "packet/filekind.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str rest = { (const char *)data, size };
    struct yg_str line = yg_str_cut(&rest, '\n');
    struct yg_str name = yg_str_cut(&line, ' ');
    char *exact = rest.n ? malloc(rest.n) : NULL; /* a read too far is seen */

    if (exact)
        memcpy(exact, rest.p, rest.n);
    rest.p = exact;
    struct yg_file_look look = yg_file_look(rest, line, name);
    if (look.kind >= YG_FILE_KIND_COUNT || look.kind != yg_file_kind_of(rest) ||
        !(look.entropy >= 0 && look.entropy <= 8.001F) ||
        !(look.printable >= 0 && look.printable <= 1) || !yg_file_kind_name(look.kind))
        abort();
    free(exact);
    return 0;
}
