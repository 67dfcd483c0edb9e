# Has the service manager of each user who has one do something. Asked as that user through the manager's own socket: that needs no
# bus of the user and no PAM session. One that hangs is waited for until the limit of i3pm.service to stop has passed, and does not fail the package.
each_user() {
    for place in /run/user/*; do
        [ -S "$place/systemd/private" ] || continue
        user=${place##*/}
        group=$(id -g "$user") || continue
        setpriv --reuid "$user" --regid "$group" --init-groups \
            env XDG_RUNTIME_DIR="$place" timeout 20 systemctl --user --quiet "$@" || true
    done
}
