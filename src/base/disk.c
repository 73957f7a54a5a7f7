/* SPDX-License-Identifier: Apache-2.0 */
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

bool yg_disk_write(int fd, struct yg_str s)
{
    while (s.n > 0) {
        ssize_t n = write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        s.p += n;
        s.n -= (size_t)n;
    }
    return true;
}

bool yg_disk_replace(const char *path, struct yg_str s, unsigned mode)
{
    char next[PATH_MAX];
    int n = snprintf(next, sizeof(next), "%s.new", path);

    if (n < 0 || (size_t)n >= sizeof(next)) {
        errno = ENAMETOOLONG;
        return false;
    }
    int fd = open(next, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (fd < 0)
        return false;
    bool ok = yg_disk_write(fd, s) && fsync(fd) == 0;
    ok = close(fd) == 0 && ok;
    return ok && rename(next, path) == 0;
}
