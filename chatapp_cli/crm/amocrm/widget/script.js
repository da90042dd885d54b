/* The step «Send message» of ChatApp in amoCRM's designer of bots. The desk that built this archive is in DESK. */
/* global define */
define(['jquery'], function ($) {
  'use strict';

  var DESK = '@DESK@';

  return function () {
    var self = this;
    var drawn = null;

    function words() {
      return self.i18n('salesbot');
    }

    function escaped(text) {
      return String(text === undefined || text === null ? '' : text)
        .replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
    }

    // What the designer gives holds: the rows that were drawn last may be those of another step.
    function chosen(params, name) {
      var field = drawn && params[name] === undefined ? drawn.find('[name="' + name + '"]') : null;
      var said = field && field.length ? field.val() : params[name];
      return said === undefined || said === null || said === '' ? DESK.defaults[name] || '' : String(said);
    }

    function option(item, present) {
      var mark = item.value === present ? ' selected' : '';
      return '<option value="' + escaped(item.value) + '"' + mark + '>' + escaped(item.label) + '</option>';
    }

    function list(params, name, items) {
      var present = params[name] || DESK.defaults[name];
      var options = items.map(function (item) { return option(item, present); });
      return '<select name="' + name + '">' + options.join('') + '</select>';
    }

    function line(params, name, hint) {
      return '<input type="text" name="' + name + '" value="' + escaped(params[name]) + '" placeholder="' +
        escaped(hint) + '">';
    }

    function choices(name) {
      return DESK.choices[name].map(function (value) {
        return { value: value, label: words()[name + '_' + value] };
      });
    }

    function available(items) {
      return [{ value: 'auto', label: words().auto }].concat(items);
    }

    function parameters(params, from) {
      var rows = [];
      for (var place = from; place <= DESK.parameters; place += 1) {
        rows.push({ label: words()['param' + place], control: line(params, 'param' + place, '') });
      }
      return rows;
    }

    function drawAll($body, renderRow, rows) {
      rows.forEach(function (row) { $body.append(renderRow(row.label, row.control)); });
    }

    function drawParameters($body, renderRow, params) {
      var filled = parameters(params, 2).some(function (row, index) { return Boolean(params['param' + (index + 2)]); });
      drawAll($body, renderRow, parameters(params, 1).slice(0, 1));
      if (filled) {
        drawAll($body, renderRow, parameters(params, 2));
        return;
      }
      var $more = $('<a href="#">' + escaped(words().all_params) + '</a>');
      $more.on('click', function (event) {
        event.preventDefault();
        $more.remove();
        drawAll($body, renderRow, parameters(params, 2));
      });
      $body.append($more);
    }

    function whyNot(status) {
      return (words()['upload_' + status] || words().upload_failed).replace('{n}', String(DESK.largest >> 20));
    }

    // The address goes into the field of the link: what is saved is the same for both.
    function upload($field, $note, file) {
      if (file.size > DESK.largest) {
        $note.text(whyNot(413));
        return;
      }
      $note.text(words().upload_waits);
      self.$authorizedAjax({
        url: DESK.upload + '?name=' + encodeURIComponent(file.name),
        method: 'POST',
        data: file,
        processData: false,
        contentType: file.type || 'application/octet-stream',
        dataType: 'json'
      }).done(function (answer) {
        $field.val(answer.url).trigger('input').trigger('change');
        $note.text(words().upload_done);
      }).fail(function (answer) {
        $note.text(whyNot(answer.status));
      });
    }

    function drawFile($body, renderRow, params) {
      drawAll($body, renderRow, [{ label: words().file, control: line(params, 'file', words().file_hint) }]);
      var $pick = $('<input type="file" style="display:none" accept="' + escaped(DESK.endings.join(',')) + '">');
      var $button = $('<a href="#">' + escaped(words().upload) + '</a>');
      var $note = $('<span></span>');
      $button.on('click', function (event) {
        event.preventDefault();
        $pick.trigger('click');
      });
      $pick.on('change', function (event) {
        var files = event.target.files;
        if (files.length) {
          upload($body.find('[name="file"]'), $note, files[0]);
        }
      });
      [$button, $pick, $note].forEach(function ($one) { $body.append($one); });
    }

    function said(params) {
      var data = {};
      DESK.fields.forEach(function (name) { data[name] = chosen(params, name); });
      data.params = {};
      for (var place = 1; place <= DESK.parameters; place += 1) {
        var value = chosen(params, 'param' + place);
        if (value) {
          data.params[place] = value;
        }
      }
      return data;
    }

    function bot(data) {
      return [
        {
          question: [
            { handler: 'widget_request', params: { url: DESK.url, data: data } },
            { handler: 'goto', params: { type: 'question', step: 1 } }
          ],
          require: []
        },
        {
          question: [
            {
              handler: 'conditions',
              params: {
                logic: 'and',
                conditions: [{ term1: '{{json.status}}', term2: 'success', operation: '=' }],
                result: [{ handler: 'exits', params: { value: 'success' } }]
              }
            },
            { handler: 'exits', params: { value: 'fail' } }
          ],
          require: []
        }
      ];
    }

    this.callbacks = {
      settings: function () { return true; },
      init: function () { return true; },
      bind_actions: function () { return true; },
      render: function () { return true; },
      destroy: function () { return true; },
      onSave: function () { return true; },

      onSalesbotDesignerSave: function (handler_code, params) {
        return JSON.stringify(bot(said(params || {})));
      },

      salesbotDesignerSettings: function ($body, renderRow, params) {
        params = params || {};
        drawAll($body, renderRow, [
          { label: words().line, control: list(params, 'line', available(DESK.lines)) },
          { label: words().messenger, control: list(params, 'messenger', available(DESK.messengers)) }
        ]);
        drawFile($body, renderRow, params);
        drawParameters($body, renderRow, params);
        drawAll($body, renderRow, [
          { label: words().group_mode, control: list(params, 'group_mode', choices('group_mode')) },
          { label: words().contact_value, control: line(params, 'contact_value', words().contact_hint) },
          { label: words().contact_choice, control: list(params, 'contact_choice', choices('contact_choice')) }
        ]);
        drawn = $body;
        return {
          exits: [
            { code: 'success', title: words().success },
            { code: 'fail', title: words().fail }
          ]
        };
      }
    };

    return this;
  };
});
