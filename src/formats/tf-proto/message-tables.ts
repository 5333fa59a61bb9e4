/** What a field holds: a scalar, a message by its name, or a map from text to one of these. */
export type Kind =
  | "text"
  | "bytes"
  | "int"
  | "uint"
  | "bool"
  | "float"
  | "double"
  | "type"
  | `@${string}`
  | `map:${string}`;

/** The fields of TensorFlow's graph messages by name: number and kind (tensorflow/core/framework/*.proto). */
export const MESSAGES: Readonly<Record<string, Readonly<Record<string, readonly [number, Kind]>>>> = {
  GraphDef: {
    node: [1, "@NodeDef"],
    library: [2, "@FunctionDefLibrary"],
    version: [3, "int"],
    versions: [4, "@VersionDef"],
  },
  VersionDef: { producer: [1, "int"], min_consumer: [2, "int"], bad_consumers: [3, "int"] },
  NodeDef: { name: [1, "text"], op: [2, "text"], input: [3, "text"], device: [4, "text"], attr: [5, "map:@AttrValue"] },
  AttrValue: {
    list: [1, "@ListValue"],
    s: [2, "bytes"],
    i: [3, "int"],
    f: [4, "float"],
    b: [5, "bool"],
    type: [6, "type"],
    shape: [7, "@TensorShapeProto"],
    tensor: [8, "@TensorProto"],
    placeholder: [9, "text"],
    func: [10, "@NameAttrList"],
  },
  ListValue: {
    s: [2, "bytes"],
    i: [3, "int"],
    f: [4, "float"],
    b: [5, "bool"],
    type: [6, "type"],
    shape: [7, "@TensorShapeProto"],
    tensor: [8, "@TensorProto"],
    func: [9, "@NameAttrList"],
  },
  NameAttrList: { name: [1, "text"], attr: [2, "map:@AttrValue"] },
  TensorShapeProto: { dim: [2, "@Dim"], unknown_rank: [3, "bool"] },
  Dim: { size: [1, "int"], name: [2, "text"] },
  TensorProto: {
    dtype: [1, "type"],
    tensor_shape: [2, "@TensorShapeProto"],
    version_number: [3, "int"],
    tensor_content: [4, "bytes"],
    float_val: [5, "float"],
    double_val: [6, "double"],
    int_val: [7, "int"],
    string_val: [8, "bytes"],
    scomplex_val: [9, "float"],
    int64_val: [10, "int"],
    bool_val: [11, "bool"],
    dcomplex_val: [12, "double"],
    half_val: [13, "int"],
    uint32_val: [16, "uint"],
    uint64_val: [17, "uint"],
    float8_val: [18, "bytes"],
  },
  FunctionDefLibrary: { function: [1, "@FunctionDef"], gradient: [2, "@GradientDef"] },
  GradientDef: { function_name: [1, "text"], gradient_func: [2, "text"] },
  FunctionDef: {
    signature: [1, "@OpDef"],
    node_def: [3, "@NodeDef"],
    ret: [4, "map:text"],
    attr: [5, "map:@AttrValue"],
    control_ret: [6, "map:text"],
  },
  OpDef: {
    name: [1, "text"],
    input_arg: [2, "@ArgDef"],
    output_arg: [3, "@ArgDef"],
    attr: [4, "@AttrDef"],
    is_stateful: [17, "bool"],
    control_output: [20, "text"],
  },
  ArgDef: {
    name: [1, "text"],
    type: [3, "type"],
    type_attr: [4, "text"],
    number_attr: [5, "text"],
    type_list_attr: [6, "text"],
    is_ref: [16, "bool"],
  },
  AttrDef: { name: [1, "text"], type: [2, "text"], default_value: [3, "@AttrValue"] },
};
