"""How many files and connections this process may have open at a time."""

from __future__ import annotations

import logging
import sys

MOST = 65_536  # more than any load needs; a hard limit may be a thousand million

log = logging.getLogger(__name__)


def raise_descriptor_limit() -> None:
    """
    Raise the soft limit of open descriptors to the hard one. It is 1,024 on most systems, for programs that use
    select(), which we do not (systemd, "File Descriptor Limits").
    """
    if sys.platform == "win32":
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if hard == resource.RLIM_INFINITY else min(hard, MOST)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError) as error:  # macOS has a limit of its own, below the hard one
        log.debug("the limit of open descriptors stays at %d: %s", soft, error)
    else:
        log.debug("the limit of open descriptors is raised from %d to %d", soft, wanted)
