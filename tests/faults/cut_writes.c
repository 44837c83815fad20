/* Cuts a write short and kills the process there, as a power cut does to what is under way.

   For LD_PRELOAD. CUT_AT=N: the Nth call of write, pwrite, rename, renameat2 or fsync on a path
   that holds CUT_IN writes half of its bytes, or nothing happens, and the process is killed. Where CUT_NOTE names a
   file it is made then, and there is no other cut while it exists. */

#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

static int is_first(void) {
    const char *note = getenv("CUT_NOTE");
    if (note == NULL) return 1;
    long file = syscall(SYS_openat, AT_FDCWD, note, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0) syscall(SYS_close, file);
    return file >= 0;
}

static int is_due(const char *path) {
    const char *part = getenv("CUT_IN"), *at = getenv("CUT_AT");
    if (part == NULL || at == NULL || strstr(path, part) == NULL) return 0;
    return __sync_add_and_fetch(&calls, 1) == atoi(at) && is_first();
}

static int is_due_at(int file) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = '\0';
    return is_due(path);
}

static void die(void) { kill(getpid(), SIGKILL); }

ssize_t write(int file, const void *bytes, size_t count) {
    if (is_due_at(file)) {
        syscall(SYS_write, file, bytes, count / 2);
        die();
    }
    return syscall(SYS_write, file, bytes, count);
}

ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t place) {
    if (is_due_at(file)) {
        syscall(SYS_pwrite64, file, bytes, count / 2, place);
        die();
    }
    return syscall(SYS_pwrite64, file, bytes, count, place);
}

ssize_t pwrite(int file, const void *bytes, size_t count, off_t place) {
    return pwrite64(file, bytes, count, place);
}

int fsync(int file) {
    if (is_due_at(file)) die();
    return (int)syscall(SYS_fsync, file);
}

int fdatasync(int file) {
    if (is_due_at(file)) die();
    return (int)syscall(SYS_fdatasync, file);
}

int rename(const char *from, const char *to) {
    if (is_due(to)) die();
    return (int)syscall(SYS_rename, from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
    if (is_due(to)) die();
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}
