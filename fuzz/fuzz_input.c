/* SPDX-License-Identifier: Apache-2.0 */
/* Input over any bytes: the first chooses the framing, the rest is the file, compressed
 * or not. What is framed must lie in the file in order and without overlap. */
#include "input/input.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Decompression bombs are allowed to be slow, not to run on for ever here. */
#define BATCHES_MAX 64

static void read_all(int fd, enum yg_framing framing, struct yg_batch *b)
{
    struct yg_input *in;
    uint64_t end = 0;

    if (yg_input_open(fd, framing, &in) != YG_OK)
        abort();
    for (int k = 0; k < BATCHES_MAX; k++) {
        yg_batch_clear(b, (uint64_t)k, 0);
        enum yg_status st = yg_input_frame(in, b, NULL);
        for (uint32_t i = 0; i < b->count; i++) {
            const struct yg_record *r = &b->record[i];
            bool led = r->raw.len > 0 && b->text[r->raw.off] == '#';
            if (r->offset < end || (r->raw.len > r->full_size && !led) || r->line == 0 ||
                r->raw.len > YG_RECORD_MAX)
                abort();
            end = r->offset + r->full_size;
        }
        memset(b->event, 0, sizeof(b->event[0]) * b->count);
        if (yg_batch_check(b) != YG_OK || end > yg_input_bytes(in))
            abort();
        if (st != YG_OK || b->last)
            break;
    }
    yg_input_close(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct yg_batch *b;
    static int fd = -1;

    if (!b && !(b = malloc(sizeof(*b))))
        abort();
    if (fd < 0 && (fd = memfd_create("fuzz", 0)) < 0)
        abort();
    if (size == 0)
        return 0;
    if (ftruncate(fd, 0) != 0 || pwrite(fd, data + 1, size - 1, 0) < 0 ||
        lseek(fd, 0, SEEK_SET) != 0)
        abort();
    read_all(fd, (enum yg_framing)(data[0] % 3), b);
    return 0;
}
