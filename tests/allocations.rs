//! To decide allocates nothing, to resolve nothing but for web links, and to load allocates in proportion to the bytes, whatever they say.
//!
//! One test in a process of its own: the allocator counts for all threads.

use dhat::{Alloc, HeapStats, Profiler};
use mam::model::Version;
use mam::{
    AccessRequest, Account, Channel, Decision, DeviceRequest, DeviceState, EndpointRequest, Facts,
    LaunchRequest, Platform, Request, Table, UserRequest,
};

#[global_allocator]
static ALLOCATOR: Alloc = Alloc;

/// How often anything was allocated.
fn allocations() -> u64 {
    HeapStats::get().total_blocks
}

fn allocated_bytes() -> u64 {
    HeapStats::get().total_bytes
}

fn table() -> Table {
    let text = std::fs::read_to_string("examples/contoso.mam").unwrap();
    mam::compile("contoso.mam", &text).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn deciding_allocates_nothing_and_loading_little() {
    let _profiler = Profiler::builder().testing().build();
    let table = table();
    decides_without_allocating(&table);
    loads_within_bounds(&table);
}

fn decides_without_allocating(table: &Table) {
    let device = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);
    let user = UserRequest::new(["staff", "nobody-declared-this"]);
    let session = table.session(&user, &device).unwrap();
    // Ids as a host has them: declared ones, in another case, undeclared ones, schemes, names.
    let apps = [
        "ios:com.microsoft.Office.Outlook",
        "ios:com.microsoft.office.word",
        "ios:net.whatsapp.WhatsApp",
        "ios:org.unheard.of",
        "url:wbx://meeting/7",
        "outlook",
    ];
    // A web link is parsed where it is resolved.
    let links =
        ["url:https://teams.microsoft.com/l/x", "url:https://evil.example/?teams.microsoft.com"];
    let targets: Vec<_> = (apps.iter().chain(&links))
        .map(|app| session.target(Channel::Share, &EndpointRequest::app(*app)).unwrap())
        .collect();
    let outlook = session.source(Channel::Share, &EndpointRequest::app(apps[0])).unwrap();
    let mut decisions = vec![session.decide(Channel::Share, outlook, targets[1]); targets.len()];
    let source = EndpointRequest::app("outlook").with_account(Account::Work);
    let target = EndpointRequest::app("word");
    let mut request =
        Request::new(Channel::Copy, source, target, user, device.clone()).with_characters(10);

    let before = allocations();
    let mut blocked = 0;
    for source in apps {
        for target in apps {
            for channel in [Channel::Share, Channel::Copy, Channel::Link] {
                let end = EndpointRequest::app(source).with_account(Account::Work);
                let from = session.source(channel, &end).unwrap();
                let to = session.target(channel, &EndpointRequest::app(target)).unwrap();
                blocked += u32::from(session.decide(channel, from, to).is_blocked());
                std::hint::black_box(session.decide_copy(from, to, 10));
                request.channel = channel;
                request.characters = (channel == Channel::Copy).then_some(10);
                request.source = end;
                request.target = Some(EndpointRequest::app(target));
                let resolved = table.resolve(&request).unwrap();
                blocked += u32::from(table.decide(&resolved).is_blocked());
                std::hint::black_box(table.case(&resolved));
            }
        }
        let from = session.source(Channel::Share, &EndpointRequest::app(source)).unwrap();
        session.decide_all(Channel::Share, from, &targets, &mut decisions);
        blocked += decisions.iter().map(|one: &Decision| u32::from(one.is_blocked())).sum::<u32>();
    }
    assert_eq!(allocations(), before, "deciding allocates");
    decides_accesses_without_allocating(table, &request.user, device);
    assert!(blocked > 20, "{blocked} are blocked");
    // A web link costs few allocations, however many patterns there are, and none as it is usually written.
    for link in links {
        let odd = link.replace("https:", "https:/");
        for (link, most) in [(link, 0), (odd.as_str(), 8)] {
            let before = allocations();
            session.target(Channel::Link, &EndpointRequest::app(link)).unwrap();
            assert!(allocations() - before <= most, "{link}: {}", allocations() - before);
        }
    }
    // To say who decided does allocate, and is noticed.
    request.target = Some(EndpointRequest::app("ios:net.whatsapp.WhatsApp"));
    std::hint::black_box(session.table().answer(&request).unwrap());
    assert!(allocations() > before);
}

fn decides_accesses_without_allocating(
    table: &Table,
    user: &UserRequest<'_>,
    device: DeviceRequest<'_>,
) {
    let mut facts = Facts::default();
    facts.os = Version::parse("16.4");
    facts.model = Some("iPhone14,2".into());
    let launch = LaunchRequest::app("ios:com.microsoft.Office.Outlook");
    let request = AccessRequest::new(launch, user.clone(), device, facts);
    let before = allocations();
    let access = table.resolve_access(&request).unwrap();
    let decision = table.decide_access(&access, &request.facts);
    assert_eq!(allocations(), before, "deciding an access allocates");
    assert!(decision.is_enforced());
}

/// Loading allocates at most so many times the bytes.
const TIMES: u64 = 12;

fn loads_within_bounds(table: &Table) {
    let bytes = table.to_bytes();
    let length = bytes.len() as u64;
    let allocated = |bytes: &[u8]| {
        let before = allocated_bytes();
        let loaded = Table::from_bytes(bytes).is_ok();
        (loaded, allocated_bytes() - before)
    };
    let (loaded, most) = allocated(&bytes);
    assert!(loaded && most < TIMES * length, "{most} bytes for a table of {length}");
    // Every number says that there is as much as can be, or as much as could fit.
    for at in (20..bytes.len() - 3).step_by(4).step_by(7) {
        for number in [u32::MAX, 1 << 31, u32::try_from(bytes.len()).unwrap() / 4] {
            let mut changed = bytes.clone();
            changed[at..at + 4].copy_from_slice(&number.to_le_bytes());
            let checksum = crc32fast::hash(&changed[20..]);
            changed[16..20].copy_from_slice(&checksum.to_le_bytes());
            let (_, allocated) = allocated(&changed);
            assert!(allocated < TIMES * length, "{allocated} bytes for {number} at byte {at}");
        }
    }
}
