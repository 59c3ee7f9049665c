"""Takes from this process, for good, the system calls that no parser needs: network, programs, changes to files.

A filter in the kernel (seccomp) answers them with "not permitted". It is a second wall behind the limits, for the case
that a hostile file takes a parser over. On other systems than Linux on x86-64 and ARM64 there is none.
"""

import ctypes
import errno
import platform
import struct
import sys

_NO_NEW_PRIVILEGES, _SECCOMP, _FILTER = 38, 22, 2  # of prctl
_X86_64, _ARM64 = 0xC000003E, 0xC00000B7  # of audit.h
_NUMBER, _ARCHITECTURE = 0, 4  # where in seccomp_data the filter finds them
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # instructions of the filter
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000  # the latter with an errno in its low half
_OTHER_ABI = 0x40000000  # numbers of the x32 interface, a way around the list
_WRITES = 0o1 | 0o2 | 0o100 | 0o1000  # O_WRONLY, O_RDWR, O_CREAT, O_TRUNC
_THREAD = 0x00010000  # CLONE_THREAD

# Each name with its number on x86-64 and on ARM64, or None where the machine does not have it.
_REFUSED: dict[str, tuple[int | None, int | None]] = {
    # network, and what could get around this list
    "socket": (41, 198), "socketpair": (53, 199), "connect": (42, 203), "accept": (43, 202), "accept4": (288, 242),
    "bind": (49, 200), "listen": (50, 201), "io_uring_setup": (425, 425), "bpf": (321, 280), "unshare": (272, 97),
    "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # programs and other processes
    "fork": (57, None), "vfork": (58, None), "execve": (59, 221), "execveat": (322, 281), "setsid": (112, 157),
    "setpgid": (109, 154), "kill": (62, 129), "tkill": (200, 130), "ptrace": (101, 117),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424), "pidfd_getfd": (438, 438),
    # changes to files
    "unlink": (87, None), "unlinkat": (263, 35), "rmdir": (84, None), "mkdir": (83, None), "mkdirat": (258, 34),
    "mknod": (133, None), "mknodat": (259, 33), "symlink": (88, None), "symlinkat": (266, 36), "link": (86, None),
    "linkat": (265, 37), "rename": (82, None), "renameat": (264, 38), "renameat2": (316, 276), "truncate": (76, 45),
    "ftruncate": (77, 46), "fallocate": (285, 47), "creat": (85, None), "chmod": (90, None), "fchmod": (91, 52),
    "fchmodat": (268, 53), "chown": (92, None), "fchown": (93, 55), "lchown": (94, None), "fchownat": (260, 54),
    "utimensat": (280, 88), "setxattr": (188, 5), "lsetxattr": (189, 6), "fsetxattr": (190, 7),
}  # fmt: skip
_MISSING: dict[str, tuple[int | None, int | None]] = {"clone3": (435, 435), "openat2": (437, 437)}
"""Answered with "no such call", upon which the C library takes the older one, whose arguments can be looked at."""
_BY_ARGUMENT: tuple[tuple[tuple[int | None, int | None], int, int, bool], ...] = (
    ((2, None), 1, _WRITES, True),  # open
    ((257, 56), 2, _WRITES, True),  # openat
    ((56, 220), 0, _THREAD, False),  # clone: threads only
)
"""Numbers, the argument that decides, and the bits of it; refused if any is set, or (False) if none is."""


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def confine() -> bool:
    """Set the filter up; returns whether the system takes it."""
    machines = {("linux", "x86_64"): (0, _X86_64), ("linux", "aarch64"): (1, _ARM64)}
    column, architecture = machines.get((sys.platform, platform.machine()), (0, 0))
    if not architecture:
        return False
    library = ctypes.CDLL(None, use_errno=True)
    code = _program(column, architecture)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    if library.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0):
        return False
    return not library.prctl(_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)


def _program(column: int, architecture: int) -> bytes:
    """The filter: a list of comparisons, each with its answer right behind it."""
    refuse, missing = _REFUSE | errno.EPERM, _REFUSE | errno.ENOSYS
    steps = [
        *_load(_ARCHITECTURE), *_unless(_EQUAL, architecture, refuse),
        *_load(_NUMBER), *_if(_AT_LEAST, _OTHER_ABI, refuse),
    ]  # fmt: skip
    for answer, calls in ((refuse, _REFUSED), (missing, _MISSING)):
        for numbers in calls.values():
            if (number := numbers[column]) is not None:
                steps += _if(_EQUAL, number, answer)
    for numbers, argument, bits, when_set in _BY_ARGUMENT:
        if (number := numbers[column]) is not None:
            low_half = 16 + 8 * argument  # both machines are little-endian
            decided = _if(_ANY_BIT, bits, refuse) if when_set else _unless(_ANY_BIT, bits, refuse)
            steps += [_step(_EQUAL, number, 0, 4), *_load(low_half), *decided, _step(_RETURN, _ALLOW)]
    return b"".join([*steps, _step(_RETURN, _ALLOW)])


def _load(place: int) -> list[bytes]:
    return [_step(_LOAD, place)]


def _if(test: int, value: int, answer: int) -> list[bytes]:
    return [_step(test, value, 0, 1), _step(_RETURN, answer)]


def _unless(test: int, value: int, answer: int) -> list[bytes]:
    return [_step(test, value, 1, 0), _step(_RETURN, answer)]


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
