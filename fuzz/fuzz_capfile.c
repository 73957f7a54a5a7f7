/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A capture file as it might be found on a disk: read by libpcap and by our own walker.
 * Both end; what the walker tells lies inside.
 */
#include "packet/capfile.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FRAMES_MAX 100000

static void walk(struct yg_str s)
{
    struct yg_frame f;
    size_t at = 0;

    while (yg_pcap_next(s, &at, &f))
        if (at > s.n || f.bytes.p < s.p || f.bytes.p + f.bytes.n > s.p + s.n ||
            f.wire < f.bytes.n)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct yg_str s = { (const char *)data, size };
    struct yg_capfile *file;
    struct yg_frame f;
    struct yg_err err;
    volatile unsigned sum = 0;
    int fd = memfd_create("fuzz", 0);

    walk(s);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size || lseek(fd, 0, SEEK_SET) != 0)
        abort();
    if (yg_capfile_open(fd, &file, &err) != YG_OK)
        return 0;
    for (int i = 0; i < FRAMES_MAX && yg_capfile_next(file, &f, &err) == YG_OK; i++) {
        if (f.wire < f.bytes.n || f.offset > size)
            abort();
        for (size_t k = 0; k < f.bytes.n; k++)
            sum += (unsigned char)f.bytes.p[k];
    }
    (void)sum;
    yg_capfile_free(file);
    return 0;
}
