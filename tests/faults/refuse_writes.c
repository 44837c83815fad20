/* Lets a disk refuse what changes it, at one step, as one that is full or read-only does.

   For LD_PRELOAD. While the file REFUSE_WHILE exists, calls of the kind that REFUSE_CALL names
   (write, fsync, rename, mkdir or link) on a path that holds REFUSE_IN fail with errno
   REFUSE_WITH. A write to a log that is mapped into memory is no call, and stays as it is. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int refuses(const char *call, const char *path) {
    const char *part = getenv("REFUSE_IN"), *kind = getenv("REFUSE_CALL");
    const char *marker = getenv("REFUSE_WHILE"), *number = getenv("REFUSE_WITH");
    if (!part || !kind || !marker || !number) return 0;
    if (strcmp(call, kind) != 0 || strstr(path, part) == NULL) return 0;
    if (syscall(SYS_access, marker, F_OK) != 0) return 0;
    errno = atoi(number);
    return 1;
}

static int refuses_at(const char *call, int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    return refuses(call, path);
}

ssize_t write(int file, const void *bytes, size_t count) {
    return refuses_at("write", file) ? -1 : syscall(SYS_write, file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    return refuses_at("write", file) ? -1 : syscall(SYS_pwrite64, file, bytes, count, place);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    return pwrite64(file, bytes, count, place);
}

int fsync(int file) { return refuses_at("fsync", file) ? -1 : (int)syscall(SYS_fsync, file); }

int fdatasync(int file) {
    return refuses_at("fsync", file) ? -1 : (int)syscall(SYS_fdatasync, file);
}

int rename(const char *from, const char *to) {
    return refuses("rename", to) ? -1 : (int)syscall(SYS_rename, from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    if (refuses("rename", to)) return -1;
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

int mkdir(const char *path, mode_t mode) {
    return refuses("mkdir", path) ? -1 : (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    if (refuses("link", to)) return -1;
    return (int)syscall(SYS_linkat, from_folder, from, to_folder, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
