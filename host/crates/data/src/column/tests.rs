use super::*;

fn column(cells: &[(u8, u32, &[u8])]) -> Column {
    let mut builder = ColumnBuilder::default();
    for (kind, schema, bytes) in cells {
        builder.push(*kind, *schema, bytes);
    }
    builder.finish()
}

#[test]
fn kinds_and_schemas_stay_single_while_all_agree() {
    let same = column(&[(2, 0, b"a"), (2, 0, b"bc"), (2, 0, b"")]);
    assert_eq!(
        (same.kinds.as_slice(), same.schemas.as_slice(), same.ends.as_slice()),
        (&[2][..], &[][..], &[1, 3, 3][..])
    );
    let mixed = column(&[(2, 0, b"a"), (2, 7, b"b"), (0, 0, b""), (2, 7, b"c")]);
    assert_eq!((mixed.kinds.as_slice(), mixed.schemas.as_slice()), (&[2, 2, 0, 2][..], &[0, 7, 0, 7][..]));
    let late = column(&[(2, 7, b"a"), (2, 7, b"b"), (2, 7, b"c"), (0, 0, b"")]);
    assert_eq!((late.kinds.as_slice(), late.schemas.as_slice()), (&[2, 2, 2, 0][..], &[7, 7, 7, 0][..]));
    for column in [same, mixed, late] {
        assert_eq!(column.check(column.len()), Ok(()));
    }
}

#[test]
fn a_single_cell_then_another_kind() {
    let two = column(&[(1, 0, b"a"), (0, 0, b"")]);
    assert_eq!(two.kinds, [1, 0]);
    assert_eq!(two.cell(1), Some(Cell { kind: 0, schema: 0, bytes: b"" }));
    assert_eq!(two.cell(2), None);
}

#[test]
fn lies_are_named_with_their_index() {
    let good = column(&[(2, 0, b"ab"), (2, 0, b"cd")]);
    let lie = |change: fn(&mut Column)| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.check(2).unwrap_err()
    };
    assert_eq!(lie(|c| c.ends = vec![3, 2]), ColumnError::Descending { index: 1, end: 2, previous: 3 });
    assert_eq!(lie(|c| c.ends = vec![2, 9]), ColumnError::Beyond { index: 1, end: 9, len: 4 });
    assert_eq!(lie(|c| c.ends = vec![2, 3]), ColumnError::Trailing { end: 3, len: 4 });
    assert_eq!(lie(|c| c.ends = vec![4]), ColumnError::Cells { got: 1, expected: 2 });
    assert_eq!(lie(|c| c.kinds = vec![]), ColumnError::Kinds { got: 0, cells: 2 });
    assert_eq!(lie(|c| c.kinds = vec![2, 9]), ColumnError::UnknownKind { index: 1, kind: 9 });
    assert_eq!(lie(|c| c.kinds = vec![2, 5]), ColumnError::Width { index: 1, kind: 5, len: 2, expected: 8 });
    assert_eq!(lie(|c| c.schemas = vec![1, 2, 3]), ColumnError::Schemas { got: 3, cells: 2 });
    assert_eq!(lie(|c| c.data[3] = 0xff), ColumnError::Utf8 { index: 1, kind: 2 });
    let truth = column(&[(4, 0, &[1]), (4, 0, &[0]), (4, 0, &[2])]);
    assert_eq!(truth.check(3), Err(ColumnError::Boolean { index: 2, byte: 2 }));
}

#[test]
fn text_is_checked_per_cell_not_only_as_a_whole() {
    // `é` is valid as a whole, but cut in two by the border of the cells.
    let torn = Column { data: "é".into(), ends: vec![1, 2], kinds: vec![2], schemas: vec![] };
    assert_eq!(torn.check(2), Err(ColumnError::Utf8 { index: 0, kind: 2 }));
}

#[test]
fn without_drops_just_those_cells() {
    let column = column(&[(2, 1, b"a"), (0, 0, b""), (3, 2, b"{}")]);
    let kept = column.without(&[0, 2]);
    assert_eq!(kept.cells().collect::<Vec<_>>(), [Cell { kind: 0, schema: 0, bytes: b"" }]);
}

#[test]
fn what_does_not_fit_the_ends_leaves_a_column_that_is_refused() {
    let mut builder = ColumnBuilder::default();
    builder.push(1, 0, b"a");
    // Never read, so the pages of these zeros are never there.
    builder.push(1, 0, &vec![0; u32::MAX as usize]);
    builder.push(1, 0, b"b");
    assert_eq!((builder.bytes(), builder.len()), (1, 3));
    let column = builder.finish();
    assert!(matches!(column.check(3), Err(ColumnError::Beyond { index: 1, .. })));
    assert_eq!(column.cells().count(), 1);
}
