//! The keys of REST.

use super::{ADMIN_LISTENERS, LISTENERS, MAX_REQUEST_BYTES, cors, headers, tls};
use crate::def::{ConfigDef, ConfigKey, ConfigType, DefaultValue, Importance, Validator};
use ConfigType::{Int, List, Long, String as Text};
use DefaultValue::Null;
use Importance::{Low, Medium};

/// Defines the keys of REST. All but `listeners` have Kafka's defaults; `rest.max.request.bytes` is ours.
pub(in crate::worker) fn define(def: ConfigDef) -> ConfigDef {
    let def = def.define(ConfigKey::new(
        LISTENERS,
        List,
        DefaultValue::text("http://127.0.0.1:8083"),
        Medium,
        "Where REST is served: http://HOST:PORT or https://HOST:PORT, several separated by commas. Without a host: on \
         all addresses.",
    ));
    answers(advertised(def))
        .define(ConfigKey::new(
            ADMIN_LISTENERS,
            List,
            Null,
            Low,
            "Where the resources below /admin are served; on listeners if not set, nowhere if empty.",
        ))
        .define(tls::client_auth_key("ssl.client.auth".to_owned()))
        .define(
            ConfigKey::new(
                MAX_REQUEST_BYTES,
                Long,
                DefaultValue::text("10485760"),
                Low,
                "The largest body of a request, in bytes.",
            )
            .validator(Validator::Range { min: Some(1), max: Some(i64::from(u32::MAX)) }),
        )
}

fn advertised(def: ConfigDef) -> ConfigDef {
    def.define(ConfigKey::new(
        "rest.advertised.host.name",
        Text,
        Null,
        Low,
        "Host under which others reach this worker; the first listener's if not set.",
    ))
    .define(
        ConfigKey::new(
            "rest.advertised.port",
            Int,
            Null,
            Low,
            "Port under which others reach this worker; the first listener's if not set.",
        )
        .validator(Validator::Range { min: Some(1), max: Some(65_535) }),
    )
    .define(
        ConfigKey::new(
            "rest.advertised.listener",
            Text,
            Null,
            Low,
            "Protocol by which others reach this worker; http if there is such a listener and this is not set.",
        )
        .validator(Validator::OneOfIgnoringCase(vec!["http".to_owned(), "https".to_owned()])),
    )
}

fn answers(def: ConfigDef) -> ConfigDef {
    let empty = || DefaultValue::text("");
    def.define(ConfigKey::new(
        cors::ORIGINS,
        Text,
        empty(),
        Low,
        "Origins whose pages may use REST: regular expressions separated by commas, or * for all. Empty: nothing is \
         said about origins, so browsers keep other origins out.",
    ))
    .define(ConfigKey::new(
        cors::METHODS,
        Text,
        empty(),
        Low,
        "Methods that pages of those origins may use; GET, POST and HEAD if empty.",
    ))
    .define(ConfigKey::new(
        headers::KEY,
        Text,
        empty(),
        Low,
        "Headers of answers: [set|add|setDate|addDate] NAME:VALUE, separated by commas. Dates are in milliseconds from \
         now.",
    ))
}
