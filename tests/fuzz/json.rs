//! Values as a user may write them.

use proptest::prelude::*;
use serde_json::Value;

/// Any value of some depth, its fields named by `name` at least now and then.
pub fn any_value(name: impl Strategy<Value = String> + 'static) -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-2i32..300).prop_map(Value::from),
        prop::sample::select(vec![0.0, -0.0, 0.5, 1e300, f64::MIN_POSITIVE, 4_294_967_296.0, 31_536_000_000.0])
            .prop_map(Value::from),
    ];
    let text = prop_oneof![
        "[0-9.]{0,6} ?(B|KiB|MiB|GiB|TB|gib)?",
        "(auto|blue-green|drain-first|\0NaN|\0a function)",
        "\\PC{0,50}",
        any::<String>(),
    ];
    let leaf = prop_oneof![Just(Value::Null), any::<bool>().prop_map(Value::from), number, text.prop_map(Value::from)];
    let name = prop_oneof![9 => name.boxed(), 1 => any::<String>().boxed()];
    leaf.prop_recursive(3, 24, 6, move |inner| {
        let fields = prop::collection::vec((name.clone(), inner.clone()), 0..6);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}
