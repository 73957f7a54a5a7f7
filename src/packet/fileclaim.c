/* SPDX-License-Identifier: Apache-2.0 */
#include "packet/filekind.h"

#include "base/status.h"

#define B(kind) YG_FILE_BIT(YG_FILE_##kind)
#define TEXTS   (B(TEXT) | B(HTML) | B(XML) | B(JSON) | B(SCRIPT))

/* By the beginning of the media type, the more special one first. */
static const struct {
    const char *type;
    uint32_t kinds;
} types[] = {
    { "image/svg", B(IMAGE) | B(XML) },
    { "image/png", B(IMAGE) },
    { "image/jp", B(IMAGE) },
    { "image/gif", B(IMAGE) },
    { "image/webp", B(IMAGE) },
    { "image/bmp", B(IMAGE) },
    { "image/tiff", B(IMAGE) },
    { "image/x-icon", B(IMAGE) },
    { "image/vnd.microsoft.icon", B(IMAGE) },
    { "audio/", B(MEDIA) },
    { "video/", B(MEDIA) },
    { "application/x-shockwave-flash", B(MEDIA) },
    { "font/", B(FONT) },
    { "application/font", B(FONT) },
    { "application/x-font", B(FONT) },
    { "application/pdf", B(PDF) },
    { "application/msword", B(OFFICE) },
    { "application/vnd.ms-cab", B(ARCHIVE) },
    { "application/vnd.ms-fontobject", B(FONT) },
    { "application/vnd.ms-", B(OFFICE) },
    { "application/vnd.openxml", B(OFFICE) | B(ARCHIVE) },
    { "application/vnd.oasis", B(OFFICE) | B(ARCHIVE) },
    { "application/rtf", B(OFFICE) },
    { "text/rtf", B(OFFICE) },
    { "application/zip", B(ARCHIVE) | B(OFFICE) },
    { "application/x-zip", B(ARCHIVE) | B(OFFICE) },
    { "application/x-rar", B(ARCHIVE) },
    { "application/vnd.rar", B(ARCHIVE) },
    { "application/x-7z", B(ARCHIVE) },
    { "application/gzip", B(ARCHIVE) },
    { "application/x-gzip", B(ARCHIVE) },
    { "application/x-tar", B(ARCHIVE) },
    { "application/x-bzip", B(ARCHIVE) },
    { "application/x-xz", B(ARCHIVE) },
    { "application/java-archive", B(ARCHIVE) },
    { "application/x-java-archive", B(ARCHIVE) },
    { "application/vnd.android.package", B(ARCHIVE) },
    { "application/java-vm", B(JAVA) },
    { "application/x-java-vm", B(JAVA) },
    { "application/x-java-serialized", B(SERIALIZED) },
    { "application/x-msdownload", B(PE) | B(ARCHIVE) },
    { "application/x-msdos-program", B(PE) },
    { "application/x-dosexec", B(PE) },
    { "application/x-ms-dos-executable", B(PE) },
    { "application/x-executable", B(ELF) | B(PE) },
    { "application/x-elf", B(ELF) },
    { "application/x-sharedlib", B(ELF) },
    { "application/x-mach", B(MACHO) },
    { "application/x-ms-shortcut", B(SHORTCUT) },
    { "application/x-x509", B(CERTIFICATE) },
    { "application/pkix", B(CERTIFICATE) },
    { "application/pkcs", B(CERTIFICATE) },
    { "application/ocsp", B(CERTIFICATE) },
    { "application/json", TEXTS },
    { "application/xml", TEXTS | B(IMAGE) },
    { "application/xhtml", TEXTS },
    { "application/javascript", TEXTS },
    { "application/x-javascript", TEXTS },
    { "application/ecmascript", TEXTS },
    { "text/", TEXTS | B(CERTIFICATE) },
};

static const struct {
    const char *ending;
    uint32_t kinds;
} endings[] = {
    { "exe", B(PE) },
    { "dll", B(PE) },
    { "scr", B(PE) },
    { "sys", B(PE) },
    { "cpl", B(PE) },
    { "ocx", B(PE) },
    { "msi", B(OFFICE) },
    { "elf", B(ELF) },
    { "so", B(ELF) },
    { "class", B(JAVA) },
    { "jar", B(ARCHIVE) },
    { "war", B(ARCHIVE) },
    { "apk", B(ARCHIVE) },
    { "zip", B(ARCHIVE) | B(OFFICE) },
    { "rar", B(ARCHIVE) },
    { "7z", B(ARCHIVE) },
    { "gz", B(ARCHIVE) },
    { "tgz", B(ARCHIVE) },
    { "bz2", B(ARCHIVE) },
    { "xz", B(ARCHIVE) },
    { "tar", B(ARCHIVE) },
    { "cab", B(ARCHIVE) },
    { "deb", B(ARCHIVE) },
    { "rpm", B(ARCHIVE) },
    { "doc", B(OFFICE) },
    { "xls", B(OFFICE) },
    { "ppt", B(OFFICE) },
    { "rtf", B(OFFICE) },
    { "docx", B(OFFICE) | B(ARCHIVE) },
    { "docm", B(OFFICE) | B(ARCHIVE) },
    { "xlsx", B(OFFICE) | B(ARCHIVE) },
    { "xlsm", B(OFFICE) | B(ARCHIVE) },
    { "pptx", B(OFFICE) | B(ARCHIVE) },
    { "pdf", B(PDF) },
    { "png", B(IMAGE) },
    { "jpg", B(IMAGE) },
    { "jpeg", B(IMAGE) },
    { "gif", B(IMAGE) },
    { "bmp", B(IMAGE) },
    { "ico", B(IMAGE) },
    { "webp", B(IMAGE) },
    { "svg", B(IMAGE) | B(XML) },
    { "mp3", B(MEDIA) },
    { "mp4", B(MEDIA) },
    { "wav", B(MEDIA) },
    { "avi", B(MEDIA) },
    { "swf", B(MEDIA) },
    { "woff", B(FONT) },
    { "woff2", B(FONT) },
    { "ttf", B(FONT) },
    { "lnk", B(SHORTCUT) },
    { "crt", B(CERTIFICATE) },
    { "cer", B(CERTIFICATE) },
    { "pem", B(CERTIFICATE) },
    { "txt", TEXTS },
    { "css", TEXTS },
    { "js", TEXTS },
    { "json", TEXTS },
    { "xml", TEXTS | B(IMAGE) },
    { "csv", TEXTS },
};

uint32_t yg_file_claim_type(struct yg_str type)
{
    struct yg_str t = yg_str_trim(type);

    for (size_t i = 0; i < YG_ARRAY_LEN(types); i++) {
        struct yg_str begin = yg_str_of(types[i].type);
        if (t.n >= begin.n && yg_str_eq_nocase((struct yg_str){ t.p, begin.n }, begin))
            return types[i].kinds;
    }
    return 0;
}

uint32_t yg_file_claim_name(struct yg_str name)
{
    size_t at = name.n;

    while (at > 0 && name.n - at < 8 && name.p[at - 1] != '.' && name.p[at - 1] != '/')
        at--;
    if (at == 0 || name.p[at - 1] != '.')
        return 0;
    for (size_t i = 0; i < YG_ARRAY_LEN(endings); i++)
        if (yg_str_eq_nocase((struct yg_str){ name.p + at, name.n - at },
                             yg_str_of(endings[i].ending)))
            return endings[i].kinds;
    return 0;
}
