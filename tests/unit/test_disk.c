/* SPDX-License-Identifier: Apache-2.0 */
#include "base/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void read_back(const char *path, const char *want)
{
    char text[64];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = read(fd, text, sizeof(text));

    close(fd);
    assert_true(n >= 0);
    assert_true(yg_str_eq((struct yg_str){ text, (size_t)n }, yg_str_of(want)));
}

static void replaces(void **state)
{
    char dir[] = "/tmp/yagura-disk-XXXXXX", path[64], next[64];
    struct stat sb;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/f", dir);
    snprintf(next, sizeof(next), "%s/f.new", dir);
    assert_true(yg_disk_replace(path, YG_STR("one, which is longer"), 0600));
    assert_true(yg_disk_replace(path, YG_STR("two"), 0600));
    read_back(path, "two");
    assert_int_equal(stat(path, &sb), 0);
    assert_int_equal(sb.st_mode & 0777, 0600);
    assert_int_equal(access(next, F_OK), -1);
    assert_true(yg_disk_replace(path, YG_STR(""), 0600));
    read_back(path, "");
    unlink(path);
    rmdir(dir);
}

/* What cannot be written leaves the old one. */
static void keeps_the_old_one(void **state)
{
    char dir[] = "/tmp/yagura-disk-XXXXXX", path[64], next[64], longer[PATH_MAX + 8];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/f", dir);
    snprintf(next, sizeof(next), "%s/f.new", dir);
    assert_true(yg_disk_replace(path, YG_STR("old"), 0600));
    assert_int_equal(mkdir(next, 0700), 0);
    assert_false(yg_disk_replace(path, YG_STR("new"), 0600));
    read_back(path, "old");
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_false(yg_disk_replace(longer, YG_STR("new"), 0600));
    assert_int_equal(errno, ENAMETOOLONG);
    rmdir(next);
    unlink(path);
    rmdir(dir);
}

static void writes_all_or_says_so(void **state)
{
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(full >= 0);
    assert_false(yg_disk_write(full, YG_STR("x")));
    assert_int_equal(errno, ENOSPC);
    assert_true(yg_disk_write(full, YG_STR("")));
    close(full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replaces),
        cmocka_unit_test(keeps_the_old_one),
        cmocka_unit_test(writes_all_or_says_so),
    };

    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
