/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay - main of a fuzz target built without libFuzzer: runs stored inputs once each.
 *
 * Arguments are files or directories (whose files are taken, one level); without any it
 * takes fuzz/corpus/NAME, where the program is called fuzz_NAME. Output is TAP, closed
 * by "N passed, M failed". A target that crashes takes the run down with it, so the name
 * of each input is printed before it is used.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define INPUT_MAX ((size_t)64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct replay {
    unsigned passed, failed;
};

static void result(struct replay *r, const char *path, const char *problem)
{
    if (problem)
        r->failed++;
    else
        r->passed++;
    printf("%sok %u - %s%s%s\n", problem ? "not " : "", r->passed + r->failed, path,
           problem ? ": " : "", problem ? problem : "");
}

/* The block is exactly as long as the input, so that a sanitizer sees one byte more. */
static void run_open_file(struct replay *r, const char *path, FILE *f)
{
    struct stat st;

    if (fstat(fileno(f), &st) != 0 || st.st_size < 0 || (size_t)st.st_size > INPUT_MAX) {
        result(r, path, "not a regular file of at most 64 MiB");
        return;
    }
    size_t size = (size_t)st.st_size;
    uint8_t *data = malloc(size > 0 ? size : 1);
    if (!data || fread(data, 1, size, f) != size) {
        result(r, path, "cannot be read");
    } else {
        printf("# %s, %zu bytes\n", path, size);
        fflush(stdout);
        int bad = LLVMFuzzerTestOneInput(data, size);
        result(r, path, bad ? "target returned non-zero" : NULL);
    }
    free(data);
}

static void run_file(struct replay *r, const char *path)
{
    FILE *f = fopen(path, "rb");

    if (!f) {
        result(r, path, strerror(errno));
        return;
    }
    run_open_file(r, path, f);
    fclose(f);
}

static int visible(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

/* Sorted, so that two runs print the same. */
static void run_dir(struct replay *r, const char *dir)
{
    struct dirent **entry = NULL;
    int n = scandir(dir, &entry, visible, alphasort);

    if (n <= 0)
        result(r, dir, n < 0 ? strerror(errno) : "no inputs in this directory");
    for (int i = 0; i < n; i++) {
        char path[4096];
        int len = snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
        if (len < 0 || (size_t)len >= sizeof(path))
            result(r, entry[i]->d_name, "path too long");
        else
            run_file(r, path);
        free(entry[i]);
    }
    free(entry);
}

static void run_path(struct replay *r, const char *path)
{
    struct stat st;

    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
        run_dir(r, path);
    else
        run_file(r, path);
}

int main(int argc, char **argv)
{
    struct replay r = { 0, 0 };

    for (int i = 1; i < argc; i++)
        run_path(&r, argv[i]);
    if (argc < 2) {
        const char *slash = strrchr(argv[0], '/');
        const char *name = slash ? slash + 1 : argv[0];
        char dir[256];
        if (strncmp(name, "fuzz_", 5) == 0)
            name += 5;
        snprintf(dir, sizeof(dir), "fuzz/corpus/%s", name);
        run_dir(&r, dir);
    }
    printf("1..%u\n%u passed, %u failed\n", r.passed + r.failed, r.passed, r.failed);
    return r.failed ? 1 : 0;
}
