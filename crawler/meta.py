"""Keys of our own in a request's meta; values are JSON, as requests wait on disk."""

IS_IMAGE = "is_image"
IS_API = "is_api"
LOCAL_FILE = "local_file"  # the path of a picture on this machine
REFUSED = "refused"  # the reason why an image is not asked for
KNOWN_DIGEST = "known_digest"  # of an image that is asked for if it changed
KNOWN_OPT_OUTS = "known_opt_outs"  # and what it said when it was fetched
OPT_OUTS = "opt_outs"  # signals about the URL that were read elsewhere
HOST_SLOT = "host_slot"  # whether the download slot is that of the host
PAGE = "page"  # of a website: whether it was counted among those that are allowed
PAGE_WAITS, PAGE_COUNTED = "waits", "counted"
