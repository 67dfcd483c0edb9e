//! Bare windows on Wayland: hundreds from one process, all of one small buffer, that answer at once
//! to whatever they are told.

use std::io::Write;
use std::os::fd::AsFd;

use wayland_client::globals::{GlobalListContents, registry_queue_init};
use wayland_client::protocol::wl_buffer::WlBuffer;
use wayland_client::protocol::wl_compositor::WlCompositor;
use wayland_client::protocol::wl_registry::{self, WlRegistry};
use wayland_client::protocol::wl_shm::{Format, WlShm};
use wayland_client::protocol::wl_shm_pool::WlShmPool;
use wayland_client::protocol::wl_surface::WlSurface;
use wayland_client::{Connection, Dispatch, Proxy, QueueHandle, delegate_noop};
use wayland_protocols::xdg::shell::client::xdg_surface::{self, XdgSurface};
use wayland_protocols::xdg::shell::client::xdg_toplevel::{self, XdgToplevel};
use wayland_protocols::xdg::shell::client::xdg_wm_base::{self, XdgWmBase};

use super::windows::{Order, Window, Wish, serve_orders};

/// The size of a window that floats; one that is tiled stays that small in its corner.
const WIDTH: i32 = 200;
const HEIGHT: i32 = 150;
/// A pixel: blue, green, red, nothing.
const PIXEL: [u8; 4] = [0x90, 0x60, 0x40, 0];

/// Serve orders until they end.
///
/// # Panics
/// When the compositor refuses something.
pub fn serve() {
    let connection = Connection::connect_to_env().expect("the compositor of the session");
    let (globals, mut queue) = registry_queue_init::<Client>(&connection).expect("its globals");
    let handle = queue.handle();
    let compositor: WlCompositor = globals.bind(&handle, 1..=4, ()).expect("wl_compositor");
    let shm: WlShm = globals.bind(&handle, 1..=1, ()).expect("wl_shm");
    let base: XdgWmBase = globals.bind(&handle, 1..=1, ()).expect("xdg_wm_base");
    let buffer = buffer(&shm, &handle);
    let mut client = Client { buffer };
    std::thread::scope(|scope| {
        scope.spawn(|| while queue.blocking_dispatch(&mut client).is_ok() {});
        let mut windows: Vec<(String, XdgToplevel)> = Vec::new();
        let find = |windows: &[(String, XdgToplevel)], title: &str| {
            windows.iter().find(|window| window.0 == title).unwrap_or_else(|| panic!("no window {title:?}")).1.clone()
        };
        serve_orders(|order| {
            match order {
                Order::Open(opened) => {
                    for window in opened {
                        let parent = window.transient_for.as_ref().map(|title| find(&windows, title));
                        let toplevel = open(&compositor, &base, &handle, &window);
                        toplevel.set_parent(parent.as_ref());
                        windows.push((window.title, toplevel));
                    }
                }
                Order::Close(title) => {
                    close(&find(&windows, &title));
                    windows.retain(|window| window.0 != title);
                }
                Order::Retitle(title, new) => {
                    find(&windows, &title).set_title(new.clone());
                    windows.iter_mut().filter(|window| window.0 == title).for_each(|window| window.0.clone_from(&new));
                }
                Order::Urgent(title, _) | Order::Activate(title) => {
                    panic!("{title:?}: on sway its own commands do that");
                }
                Order::Wish(title, wish) => ask(&find(&windows, &title), wish),
                Order::Tell(_) => panic!("only X11 windows tell what they were told"),
            }
            connection.flush().expect("the compositor");
        });
        // The end of the process ends the windows and the thread.
        std::process::exit(0);
    })
}

/// What events are dispatched on.
struct Client {
    buffer: WlBuffer,
}

/// The parts of a window, which go together.
struct Parts {
    surface: WlSurface,
    role: XdgSurface,
    refuses_to_close: bool,
}

fn buffer(shm: &WlShm, handle: &QueueHandle<Client>) -> WlBuffer {
    let mut memory = tempfile::tempfile().expect("a file without a name");
    let pixels = PIXEL.repeat((WIDTH * HEIGHT) as usize);
    memory.write_all(&pixels).expect("room for a window");
    let pool = shm.create_pool(memory.as_fd(), WIDTH * HEIGHT * 4, handle, ());
    pool.create_buffer(0, WIDTH, HEIGHT, WIDTH * 4, Format::Xrgb8888, handle, ())
}

fn open(compositor: &WlCompositor, base: &XdgWmBase, handle: &QueueHandle<Client>, window: &Window) -> XdgToplevel {
    let surface = compositor.create_surface(handle, ());
    let role = base.get_xdg_surface(&surface, handle, surface.clone());
    let refuses_to_close = window.refuses_to_close;
    let parts = Parts { surface: surface.clone(), role: role.clone(), refuses_to_close };
    let toplevel = role.get_toplevel(handle, parts);
    toplevel.set_title(window.title.clone());
    toplevel.set_app_id(window.class.clone());
    surface.commit();
    toplevel
}

fn ask(toplevel: &XdgToplevel, wish: Wish) {
    let Some(parts) = toplevel.data::<Parts>() else { return };
    match wish {
        Wish::Fullscreen(true) => toplevel.set_fullscreen(None),
        Wish::Fullscreen(false) => toplevel.unset_fullscreen(),
        Wish::Maximized(true) => toplevel.set_maximized(),
        Wish::Maximized(false) => toplevel.unset_maximized(),
        Wish::Minimized => toplevel.set_minimized(),
        Wish::OneSize(width, height) => {
            toplevel.set_min_size(width.into(), height.into());
            toplevel.set_max_size(width.into(), height.into());
            parts.surface.commit();
        }
        Wish::Size(width, height) => {
            toplevel.set_max_size(width.into(), height.into());
            parts.surface.commit();
        }
        Wish::Unmapped | Wish::Mapped => panic!("a Wayland window is closed, and another opened"),
    }
}

fn close(toplevel: &XdgToplevel) {
    let Some(parts) = toplevel.data::<Parts>() else { return };
    toplevel.destroy();
    parts.role.destroy();
    parts.surface.destroy();
}

impl Dispatch<XdgSurface, WlSurface> for Client {
    fn event(
        client: &mut Client,
        role: &XdgSurface,
        event: xdg_surface::Event,
        surface: &WlSurface,
        _: &Connection,
        _: &QueueHandle<Client>,
    ) {
        if let xdg_surface::Event::Configure { serial } = event {
            role.ack_configure(serial);
            surface.attach(Some(&client.buffer), 0, 0);
            surface.commit();
        }
    }
}

impl Dispatch<XdgToplevel, Parts> for Client {
    fn event(
        _: &mut Client,
        toplevel: &XdgToplevel,
        event: xdg_toplevel::Event,
        parts: &Parts,
        _: &Connection,
        _: &QueueHandle<Client>,
    ) {
        if let xdg_toplevel::Event::Close = event
            && !parts.refuses_to_close
        {
            close(toplevel);
        }
    }
}

impl Dispatch<XdgWmBase, ()> for Client {
    fn event(
        _: &mut Client,
        base: &XdgWmBase,
        event: xdg_wm_base::Event,
        (): &(),
        _: &Connection,
        _: &QueueHandle<Client>,
    ) {
        if let xdg_wm_base::Event::Ping { serial } = event {
            base.pong(serial);
        }
    }
}

impl Dispatch<WlRegistry, GlobalListContents> for Client {
    fn event(
        _: &mut Client,
        _: &WlRegistry,
        _: wl_registry::Event,
        _: &GlobalListContents,
        _: &Connection,
        _: &QueueHandle<Client>,
    ) {
    }
}

delegate_noop!(Client: WlCompositor);
delegate_noop!(Client: WlShmPool);
delegate_noop!(Client: ignore WlShm);
delegate_noop!(Client: ignore WlBuffer);
delegate_noop!(Client: ignore WlSurface);
