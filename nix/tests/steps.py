# What is tried on both window managers. ASK is the program that sends the window manager a command, OPEN a command that
# opens a window with the title {}.
import json
import shlex
import time


def alice(command):
    """The output of a command of the user, which must succeed."""
    return machine.succeed(f"su - alice -c {shlex.quote(f'export XDG_RUNTIME_DIR=/run/user/1000; {command}')}")


def service(verb, unit="i3pm.service"):
    """`systemctl --user` of the user, which must succeed."""
    return alice(f"systemctl --user {verb} {unit}").strip()


def shown(name):
    """A property of the service."""
    return service(f"show --value -p {name}")


def visible():
    """Where each window stands that is on a workspace, by its title."""
    found = {}

    def look(container):
        if container.get("name") == "__i3":
            return
        below = container["nodes"] + container["floating_nodes"]
        if not below and (container.get("window") or container.get("app_id")):
            found[container["name"]] = container["rect"]
        for child in below:
            look(child)

    look(json.loads(alice(f"{ASK} -t get_tree")))
    return found


def wait_until(condition):
    """Until it holds, half a minute at most."""
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    raise Exception(f"waited in vain; visible are {sorted(visible())}")


def wait_for(titles):
    """Until these windows are visible and no other."""
    wait_until(lambda: sorted(visible()) == sorted(titles))


def open_window(title):
    alice(f"{ASK} exec {shlex.quote(OPEN.format(title))}")


def active():
    return json.loads(alice("i3pm project current --json"))["name"]


def is_connected():
    return json.loads(alice("i3pm status --json"))["wm"]["state"] == "connected"


start_all()
machine.wait_for_unit("graphical-session.target", "alice")
machine.wait_for_unit("i3pm.service", "alice")
wait_until(is_connected)

with subtest("the unit is the package's, with what the options say"):
    assert shown("Type") == "notify"
    assert shown("MemoryMax") == str(64 * 1024 * 1024)
    assert service("is-active", "i3-project-daemon.service") == "active"
    assert "/etc/i3pm/config.toml" in shown("ExecStart")

with subtest("a project's windows go and come back as they were"):
    alice("i3pm project switch web")
    open_window("one")
    wait_for(["one"])
    open_window("two")
    wait_for(["one", "two"])
    alice(f"{ASK} split vertical")
    open_window("three")
    wait_for(["one", "two", "three"])
    before = visible()
    alice("i3pm project switch mail")
    wait_for([])
    alice("i3pm project switch web")
    wait_for(["one", "two", "three"])
    assert visible() == before, (visible(), before)

with subtest("a rule claims a window"):
    open_window("letter")
    wait_until(lambda: "letter" in alice("i3pm windows --table --project mail"))
    wait_for(["one", "two", "three"])

with subtest("keys switch"):
    machine.send_key("meta_l-f2")
    wait_for(["letter"])
    assert active() == "mail"
    machine.send_key("meta_l-f1")
    wait_for(["one", "two", "three"])

with subtest("a reload is answered"):
    service("reload")

with subtest("killed, it is there again and knows what is hidden"):
    service("kill --signal=KILL")
    # The socket keeps whoever asks meanwhile.
    alice("i3pm --timeout 10 ping")
    wait_until(is_connected)
    assert shown("NRestarts") == "1"
    alice("i3pm project switch mail")
    wait_for(["letter"])

with subtest("stopped, it shows every window, at once"):
    began = time.monotonic()
    service("stop", "i3pm.socket i3pm.service")
    assert time.monotonic() - began < 5
    wait_for(["one", "two", "three", "letter"])
    assert shown("Result") == "success"
