/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/secretfile.h"

#include "base/buf.h"
#include "conf/value.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_SIZE  8192
#define SECRET_MAX ((size_t)4096)

struct yg_str yg_conf_beside(struct yg_arena *arena, const char *path, struct yg_str file)
{
    const char *slash = strrchr(path, '/');
    struct yg_buf b;

    if (file.n == 0 || file.p[0] == '/' || !slash)
        return yg_arena_str(arena, file);
    yg_buf_init(&b, PATH_SIZE);
    yg_buf_add(&b, path, (size_t)(slash - path) + 1);
    yg_buf_str_add(&b, file);
    struct yg_str out = YG_STR_NONE;
    if (yg_buf_status(&b) == YG_OK)
        out = yg_arena_str(arena, yg_buf_str(&b));
    yg_buf_fini(&b);
    return out;
}

enum yg_status yg_conf_secret(struct yg_arena *arena, const char *file,
                              struct yg_str *out, struct yg_err *err)
{
    struct stat sb;
    char text[SECRET_MAX];
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &sb) != 0 || !S_ISREG(sb.st_mode)) {
        if (fd >= 0)
            close(fd);
        return yg_err_set(err, YG_EINVAL, "cannot read the file %s", file);
    }
    ssize_t got = read(fd, text, sizeof(text));
    close(fd);
    if (sb.st_mode & S_IRWXO)
        return yg_err_set(
            err, YG_EINVAL,
            "everybody on this machine can reach the secret in %s; chmod 600 it", file);
    struct yg_str s = { text, got > 0 ? (size_t)got : 0 };
    s = yg_str_trim(yg_str_cut(&s, '\n'));
    if (s.n == 0 || s.n >= sizeof(text) || !yg_value_printable(s))
        return yg_err_set(err, YG_EINVAL,
                          "%s: the first line must be the secret, at most %zu bytes",
                          file, SECRET_MAX - 1);
    *out = yg_arena_str(arena, s);
    return out->p ? YG_OK : yg_err_set(err, YG_ENOMEM, "no memory for a secret");
}
